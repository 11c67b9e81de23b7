//! Faults planted in correct kernels, each a textual edit of the assembly.

use kiln_sim::strict::Kind;

/// How a fault shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Caught {
    /// The sanitizer has a finding of this kind.
    By(Kind),
    /// The result differs from the reference.
    Result,
}

/// One planted fault.
pub(crate) struct Mutant {
    pub(crate) kernel: &'static str,
    pub(crate) what: &'static str,
    /// The text to replace; it occurs once.
    pub(crate) from: &'static str,
    pub(crate) to: &'static str,
    pub(crate) caught: Caught,
}

macro_rules! mutants {
    ($($kernel:literal $what:literal: $from:literal => $to:literal, $caught:ident;)*) => {
        &[$(Mutant {
            kernel: $kernel,
            what: $what,
            from: $from,
            to: $to,
            caught: mutants!(@ $caught),
        }),*]
    };
    (@ Result) => { Caught::Result };
    (@ $kind:ident) => { Caught::By(Kind::$kind) };
}

/// All of them.
pub(crate) static MUTANTS: &[Mutant] = mutants! {
    // Waits that are missing or too weak.
    "sum" "the arguments are used before they arrive":
        "s_waitcnt lgkmcnt(0)\n\tglobal_load_b32 v2" => "global_load_b32 v2", MissingWait;
    "sum" "the loaded word is stored before it arrives":
        "\ts_waitcnt vmcnt(0)\n" => "", MissingWait;
    "sum" "only the first of two LDS loads is waited for":
        "s_waitcnt lgkmcnt(0)\n\tv_add_nc_u32_e32 v2, v2, v5"
        => "s_waitcnt lgkmcnt(1)\n\tv_add_nc_u32_e32 v2, v2, v5", MissingWait;
    "sum" "the sum is stored before it is read":
        "s_waitcnt lgkmcnt(0)\n\tglobal_store" => "global_store", MissingWait;
    "transpose" "one load too few is waited for":
        "vmcnt(6)" => "vmcnt(7)", MissingWait;
    "transpose" "the last load is not waited for":
        "vmcnt(0)" => "vmcnt(1)", MissingWait;
    "transpose" "one LDS load too few is waited for":
        "lgkmcnt(3)" => "lgkmcnt(4)", MissingWait;
    "transpose" "the last LDS loads are waited for by the wrong counter":
        "s_waitcnt lgkmcnt(0)\n\tglobal_store_b32 v3, v14"
        => "s_waitcnt vmcnt(0)\n\tglobal_store_b32 v3, v14", MissingWait;
    "affine" "two loads may be under way when one is used":
        "vmcnt(1)" => "vmcnt(2)", MissingWait;
    "affine" "scalar loads are counted as if they returned in order":
        "s_waitcnt lgkmcnt(0)\n\tglobal_load" => "s_waitcnt lgkmcnt(1)\n\tglobal_load", MissingWait;
    "affine" "the first scalar load is not waited for":
        "s_waitcnt lgkmcnt(0)\n\tv_cmp" => "v_cmp", MissingWait;
    "affine" "an address is overwritten by a load that is still under way":
        "v_mul_lo_u32 v4, v1, s4" => "v_mul_lo_u32 v2, v1, s4", MissingWait;
    "scratch" "private memory is not waited for":
        "s_waitcnt vmcnt(0)\n\tv_add_nc" => "v_add_nc", MissingWait;
    "scratch" "private memory is waited for by the LDS counter":
        "s_waitcnt vmcnt(0)\n\tv_add_nc" => "s_waitcnt lgkmcnt(0)\n\tv_add_nc", MissingWait;
    "branch" "a load in one branch is not waited for":
        "s_waitcnt vmcnt(0)\n\tv_sub_nc" => "v_sub_nc", MissingWait;
    "pipeline" "the next row is stored before it arrives":
        "s_waitcnt vmcnt(0)\n\tds_store_b32 v7" => "ds_store_b32 v7", MissingWait;
    "pipeline" "one LDS load too few is waited for":
        "lgkmcnt(1)" => "lgkmcnt(2)", MissingWait;
    "matrix" "half of an operand may be under way":
        "offset:16\n\ts_waitcnt vmcnt(2)" => "offset:16\n\ts_waitcnt vmcnt(3)", MissingWait;
    "matrix" "the last operand may be under way":
        "vmcnt(0)" => "vmcnt(1)", MissingWait;
    "bytes" "a half that is loaded by itself is not waited for":
        "s_waitcnt lgkmcnt(0)\n\tv_pk" => "s_waitcnt lgkmcnt(1)\n\tv_pk", MissingWait;

    // Barriers, and waits before them.
    "sum" "there is no barrier between the steps":
        "\ts_barrier\n" => "", LdsRace;
    "sum" "stores are under way at the barrier":
        "s_waitcnt lgkmcnt(0)\n\ts_barrier" => "s_barrier", LdsRace;
    "sum" "idle waves end before the last barrier":
        "s_cbranch_execz .Lskip" => "s_cbranch_execz .Lend", DivergentBarrier;
    "transpose" "the tile is read while it is written":
        "\ts_barrier\n" => "", LdsRace;
    "transpose" "the last stores are under way at the barrier":
        "s_waitcnt lgkmcnt(0)\n\ts_barrier" => "s_waitcnt lgkmcnt(1)\n\ts_barrier", LdsRace;
    "histogram" "counting begins while others still clear":
        "s_barrier\n\tbuffer_gl0_inv\n\ts_mov_b32" => "s_mov_b32", LdsRace;
    "histogram" "reading begins while others still count":
        "s_barrier\n\tbuffer_gl0_inv\n\tds_load" => "ds_load", LdsRace;
    "histogram" "counting is under way at the barrier":
        "s_waitcnt lgkmcnt(0)\n\ts_barrier\n\tbuffer_gl0_inv\n\tds_load"
        => "s_barrier\n\tbuffer_gl0_inv\n\tds_load", LdsRace;
    "pipeline" "there is no barrier between the rows":
        "\ts_barrier\n" => "", LdsRace;
    "pipeline" "both rows go to one buffer":
        "\ts_xor_b32 s9, s9, 0x100\n" => "", LdsRace;
    "pipeline" "the row is under way at the barrier":
        "s_waitcnt lgkmcnt(0)\n\ts_barrier" => "s_barrier", LdsRace;
    "bytes" "words are gathered before their bytes are there":
        "\ts_barrier\n" => "", LdsRace;
    "histogram" "counts are added without atomics":
        "ds_add_u32 v2, v3"
        => "ds_load_b32 v5, v2\n\ts_waitcnt lgkmcnt(0)\n\tv_add_nc_u32_e32 v5, v5, v3\n\tds_store_b32 v2, v5",
        LdsRace;

    // Memory shared by workgroups.
    "histogram" "workgroups overwrite each other's counts":
        "global_atomic_add_u32 v4, v0" => "global_store_b32 v4, v0", GlobalRace;
    "sum" "every workgroup writes the same word":
        "s_lshl_b32 s2, s2, 2" => "s_lshl_b32 s2, s2, 5\n\ts_lshr_b32 s2, s2, 8", GlobalRace;

    "exchange" "words are exchanged without a barrier":
        "\ts_barrier\n" => "", GlobalRace;
    "exchange" "stores are under way at the barrier":
        "\ts_waitcnt_vscnt null, 0x0\n" => "", GlobalRace;
    "exchange" "the cache is not invalidated after the barrier":
        "\tbuffer_gl0_inv\n" => "", GlobalRace;
    "exchange" "words of other waves are read by a scalar load":
        "global_load_b32 v4, v2, s[6:7]\n\ts_waitcnt vmcnt(0)"
        => "s_load_b32 s10, s[6:7], 0x3fc\n\ts_waitcnt lgkmcnt(0)\n\tv_mov_b32_e32 v4, s10", GlobalRace;
    "last" "the sums are added up by workgroups that did not wait for the others":
        "global_atomic_add_u32 v6, v9, v5, s[8:9] glc\n\ts_waitcnt vmcnt(0)"
        => "v_mov_b32_e32 v6, s12\n\tv_add_nc_u32_e32 v6, -1, v6", GlobalRace;
    "maximum" "the greatest is stored without comparing":
        "global_atomic_cmpswap_b32 v8, v2, v[6:7], s[6:7] glc"
        => "v_mov_b32_e32 v8, v7\n\tglobal_store_b32 v2, v6, s[6:7]", GlobalRace;

    // Addresses and sizes.
    "sum" "LDS is used beyond what the kernel asks for":
        "v_lshlrev_b32_e32 v3, 2, v0" => "v_lshlrev_b32_e32 v3, 3, v0", LdsSize;
    "sum" "the kernel asks for too little LDS":
        "group_segment_fixed_size 1024" => "group_segment_fixed_size 512", LdsSize;
    "transpose" "a row is loaded one word further on":
        "v15, v3, s[4:5] offset:3584" => "v15, v3, s[4:5] offset:3588", OutOfBounds;
    "affine" "idle lanes are not masked":
        "s_and_saveexec_b32 s3, vcc_lo" => "s_mov_b32 s3, exec_lo", OutOfBounds;
    "affine" "the bound is off by one":
        "v_cmp_gt_i32_e32 vcc_lo, s6" => "v_cmp_ge_i32_e32 vcc_lo, s6", OutOfBounds;
    "affine" "an argument is read where there is none":
        "s_load_b64 s[12:13], s[0:1], 0x10" => "s_load_b64 s[12:13], s[0:1], 0x28", Kernarg;
    "scratch" "private memory is used beyond its end":
        "off offset:12" => "off offset:16", OutOfBounds;
    "pipeline" "LDS is read across its end":
        "ds_load_b32 v10, v8" => "ds_load_b32 v10, v8 offset:256", LdsSize;
    "branch" "an index is not cut to the table":
        "v_and_b32_e32 v2, 0xfc, v2" => "v_and_b32_e32 v2, 0xffc, v2", OutOfBounds;

    // Values that nobody wrote.
    "affine" "the product is left in another register":
        "v_mul_lo_u32 v4, v1, s4" => "v_mul_lo_u32 v6, v1, s4", Uninitialised;
    "affine" "a scalar beyond the arguments is used":
        "v_mul_lo_u32 v4, v1, s4" => "v_mul_lo_u32 v4, v1, s7", Uninitialised;
    "affine" "the execution mask comes from a register without a value":
        "s_and_saveexec_b32 s3, vcc_lo" => "s_and_saveexec_b32 s3, vcc_hi", Uninitialised;
    "transpose" "a part of the tile is never stored":
        "\tds_store_2addr_b32 v16, v14, v15 offset1:132\n" => "", Uninitialised;
    "transpose" "the padding is read":
        "offset1:28" => "offset1:29", Uninitialised;
    "histogram" "the counts are not cleared":
        "\tds_store_b32 v4, v2\n" => "", Uninitialised;
    "histogram" "the increment has no value":
        "\tv_mov_b32_e32 v3, 1\n" => "", Uninitialised;
    "scratch" "a private word is never stored":
        "\tscratch_store_b32 off, v4, off offset:8\n" => "", Uninitialised;
    "scratch" "the sum begins without a value":
        "\tv_mov_b32_e32 v6, 0\n" => "", Uninitialised;
    "matrix" "two accumulators begin without a value":
        "\tv_dual_mov_b32 v12, 0 :: v_dual_mov_b32 v13, 0\n" => "", Uninitialised;
    "bytes" "the high half is never loaded":
        "\tds_load_u16_d16_hi v6, v1 offset:2\n" => "", Uninitialised;
    "branch" "a loop counter begins without a value":
        "\ts_mov_b32 s9, 0\n" => "", Uninitialised;
    "sum" "a branch depends on a condition that nobody set":
        "\ts_cmp_lg_u32 s3, 0\n" => "\ts_mov_b32 s11, s12\n\ts_cmp_lg_u32 s11, 0\n", Uninitialised;

    // Instructions too close together, and reserved ones.
    "chain" "nothing stands between dependent matrix instructions":
        "\tv_nop\n" => "", Hazard;
    "chain" "a scalar no-op stands between dependent matrix instructions":
        "v_nop" => "s_nop 4", Hazard;
    "scan" "a permutation follows a compare at once":
        "\tv_mov_b32_e32 v3, v2\n" => "", Hazard;
    "scan" "only a no-op stands between compare and permutation":
        "v_mov_b32_e32 v3, v2" => "v_nop", Hazard;
    "scan" "registers are released without a no-op":
        "s_endpgm" => "s_sendmsg sendmsg(MSG_DEALLOC_VGPRS)\n\ts_endpgm", Hazard;
    "matrix" "a matrix instruction overwrites its own operand":
        "v[8:15], v[24:27], v[28:31], v[8:15] neg_lo:[1,1,0]\n\tglobal_load_b128 v[24:27]"
        => "v[24:31], v[24:27], v[28:31], v[8:15] neg_lo:[1,1,0]\n\tglobal_load_b128 v[24:27]", Operands;
    "matrix" "the kernel asks for too few registers":
        "next_free_vgpr 32" => "next_free_vgpr 8", RegisterCount;
    "sum" "there is no instruction where control goes":
        ".Lend:\n" => ".Lend:\n\t.long 0xffffffff\n", Encoding;
    "sum" "the loop does not end":
        "s_cbranch_scc1 .Lhalve" => "s_branch .Lhalve", Endless;

    // What only the result shows.
    "sum" "half of the words are left out":
        "s_movk_i32 s3, 0x80" => "s_movk_i32 s3, 0x40", Result;
    "transpose" "row and column are mixed up":
        "v_mul_u32_u24_e32 v5, 0x84, v1" => "v_mul_u32_u24_e32 v5, 0x84, v2", Result;
    "branch" "lanes of the first branch stay masked":
        "\ts_or_b32 exec_lo, exec_lo, s3\n" => "", Result;
    "branch" "lanes that leave the loop do not come back":
        "s_cbranch_execnz .Lfold\n\ts_or_b32 exec_lo, exec_lo, s8" => "s_cbranch_execnz .Lfold", Result;
    "branch" "a difference is taken the wrong way round":
        "v_sub_nc_u32_e32 v2, v2, v3" => "v_sub_nc_u32_e32 v2, v3, v2", Result;
    "matrix" "one step takes bytes as unsigned":
        "v[24:27], v[28:31], v[8:15] neg_lo:[1,1,0]\n\tglobal_store"
        => "v[24:27], v[28:31], v[8:15]\n\tglobal_store", Result;
    "matrix" "one step has A and B exchanged":
        "v[24:27], v[28:31], v[8:15] neg_lo:[1,1,0]\n\tglobal_store"
        => "v[28:31], v[24:27], v[8:15] neg_lo:[1,1,0]\n\tglobal_store", Result;
    "scan" "the execution mask is not restored":
        "\ts_mov_b32 exec_lo, s8\n" => "", Result;
    "scan" "inactive lanes are not fetched":
        " op_sel:[1,0]" => "", Result;
    "scan" "one step shifts by the wrong distance":
        "row_shr:4" => "row_shr:3", Result;
    "bytes" "bytes keep their order":
        "v_xor_b32_e32 v4, 3, v3" => "v_mov_b32_e32 v4, v3", Result;
};
