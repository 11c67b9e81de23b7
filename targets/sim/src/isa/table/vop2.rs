//! Vector ALU with two sources (VOP2).

macro_rules! vop2_rows {
    ($then:ident! $rest:tt $($before:tt)*) => {
        $then! { $rest $($before)*
            VCndmaskB32 "v_cndmask_b32" Vop2 0x01 Valu [B32] [B32 B32 Mask] (DPP);
            VDot2accF32F16 "v_dot2acc_f32_f16" Vop2 0x02 Valu [F32] [V2F16 V2F16] (DPP READS_DST SHORT_ONLY);
            VAddF32 "v_add_f32" Vop2 0x03 Valu [F32] [F32 F32] (CLAMP OMOD DPP);
            VSubF32 "v_sub_f32" Vop2 0x04 Valu [F32] [F32 F32] (CLAMP OMOD DPP);
            VSubrevF32 "v_subrev_f32" Vop2 0x05 Valu [F32] [F32 F32] (CLAMP OMOD DPP);
            VFmacDx9ZeroF32 "v_fmac_dx9_zero_f32" Vop2 0x06 Valu [F32] [F32 F32] (CLAMP OMOD READS_DST);
            VMulDx9ZeroF32 "v_mul_dx9_zero_f32" Vop2 0x07 Valu [F32] [F32 F32] (CLAMP OMOD DPP);
            VMulF32 "v_mul_f32" Vop2 0x08 Valu [F32] [F32 F32] (CLAMP OMOD DPP);
            VMulI32I24 "v_mul_i32_i24" Vop2 0x09 Valu [I32] [I32 I32] (CLAMP DPP);
            VMulHiI32I24 "v_mul_hi_i32_i24" Vop2 0x0a Valu [I32] [I32 I32] (DPP);
            VMulU32U24 "v_mul_u32_u24" Vop2 0x0b Valu [U32] [U32 U32] (CLAMP DPP);
            VMulHiU32U24 "v_mul_hi_u32_u24" Vop2 0x0c Valu [U32] [U32 U32] (DPP);
            VMinF32 "v_min_f32" Vop2 0x0f Valu [F32] [F32 F32] (CLAMP OMOD DPP);
            VMaxF32 "v_max_f32" Vop2 0x10 Valu [F32] [F32 F32] (CLAMP OMOD DPP);
            VMinI32 "v_min_i32" Vop2 0x11 Valu [I32] [I32 I32] (DPP);
            VMaxI32 "v_max_i32" Vop2 0x12 Valu [I32] [I32 I32] (DPP);
            VMinU32 "v_min_u32" Vop2 0x13 Valu [U32] [U32 U32] (DPP);
            VMaxU32 "v_max_u32" Vop2 0x14 Valu [U32] [U32 U32] (DPP);
            VLshlrevB32 "v_lshlrev_b32" Vop2 0x18 Valu [B32] [B32 B32] (DPP);
            VLshrrevB32 "v_lshrrev_b32" Vop2 0x19 Valu [B32] [B32 B32] (DPP);
            VAshrrevI32 "v_ashrrev_i32" Vop2 0x1a Valu [I32] [I32 I32] (DPP);
            VAndB32 "v_and_b32" Vop2 0x1b Valu [B32] [B32 B32] (DPP);
            VOrB32 "v_or_b32" Vop2 0x1c Valu [B32] [B32 B32] (DPP);
            VXorB32 "v_xor_b32" Vop2 0x1d Valu [B32] [B32 B32] (DPP);
            VXnorB32 "v_xnor_b32" Vop2 0x1e Valu [B32] [B32 B32] (DPP);
            VAddCoCiU32 "v_add_co_ci_u32" Vop2 0x20 Valu [U32 Mask] [U32 U32 Mask] (CLAMP DPP);
            VSubCoCiU32 "v_sub_co_ci_u32" Vop2 0x21 Valu [U32 Mask] [U32 U32 Mask] (CLAMP DPP);
            VSubrevCoCiU32 "v_subrev_co_ci_u32" Vop2 0x22 Valu [U32 Mask] [U32 U32 Mask] (CLAMP DPP);
            VAddNcU32 "v_add_nc_u32" Vop2 0x25 Valu [U32] [U32 U32] (CLAMP DPP);
            VSubNcU32 "v_sub_nc_u32" Vop2 0x26 Valu [U32] [U32 U32] (CLAMP DPP);
            VSubrevNcU32 "v_subrev_nc_u32" Vop2 0x27 Valu [U32] [U32 U32] (CLAMP DPP);
            VFmacF32 "v_fmac_f32" Vop2 0x2b Valu [F32] [F32 F32] (CLAMP OMOD DPP READS_DST);
            VFmamkF32 "v_fmamk_f32" Vop2 0x2c Valu [F32] [F32 F32 F32] (SHORT_ONLY);
            VFmaakF32 "v_fmaak_f32" Vop2 0x2d Valu [F32] [F32 F32 F32] (SHORT_ONLY);
            VCvtPkRtzF16F32 "v_cvt_pk_rtz_f16_f32" Vop2 0x2f Valu [B32] [F32 F32] (CLAMP OMOD DPP);
            VAddF16 "v_add_f16" Vop2 0x32 Valu [F16] [F16 F16] (CLAMP OMOD DPP);
            VSubF16 "v_sub_f16" Vop2 0x33 Valu [F16] [F16 F16] (CLAMP OMOD DPP);
            VSubrevF16 "v_subrev_f16" Vop2 0x34 Valu [F16] [F16 F16] (CLAMP OMOD DPP);
            VMulF16 "v_mul_f16" Vop2 0x35 Valu [F16] [F16 F16] (CLAMP OMOD DPP);
            VFmacF16 "v_fmac_f16" Vop2 0x36 Valu [F16] [F16 F16] (CLAMP OMOD DPP READS_DST);
            VFmamkF16 "v_fmamk_f16" Vop2 0x37 Valu [F16] [F16 F16 F16] (SHORT_ONLY);
            VFmaakF16 "v_fmaak_f16" Vop2 0x38 Valu [F16] [F16 F16 F16] (SHORT_ONLY);
            VMaxF16 "v_max_f16" Vop2 0x39 Valu [F16] [F16 F16] (CLAMP OMOD DPP);
            VMinF16 "v_min_f16" Vop2 0x3a Valu [F16] [F16 F16] (CLAMP OMOD DPP);
            VLdexpF16 "v_ldexp_f16" Vop2 0x3b Valu [F16] [F16 I16] (CLAMP OMOD DPP);
            VPkFmacF16 "v_pk_fmac_f16" Vop2 0x3c Valu [V2F16] [V2F16 V2F16] (READS_DST SHORT_ONLY);
        }
    };
}

pub(super) use vop2_rows;
