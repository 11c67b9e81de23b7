//! Scalar memory (SMEM).

macro_rules! smem_rows {
    ($then:ident! $rest:tt $($before:tt)*) => {
        $then! { $rest $($before)*
            SLoadB32 "s_load_b32" Smem 0x00 Smem [B32] [B64 S32] ();
            SLoadB64 "s_load_b64" Smem 0x01 Smem [B64] [B64 S32] ();
            SLoadB128 "s_load_b128" Smem 0x02 Smem [B128] [B64 S32] ();
            SLoadB256 "s_load_b256" Smem 0x03 Smem [B256] [B64 S32] ();
            SLoadB512 "s_load_b512" Smem 0x04 Smem [B512] [B64 S32] ();
            SBufferLoadB32 "s_buffer_load_b32" Smem 0x08 Smem [B32] [B128 S32] ();
            SBufferLoadB64 "s_buffer_load_b64" Smem 0x09 Smem [B64] [B128 S32] ();
            SBufferLoadB128 "s_buffer_load_b128" Smem 0x0a Smem [B128] [B128 S32] ();
            SBufferLoadB256 "s_buffer_load_b256" Smem 0x0b Smem [B256] [B128 S32] ();
            SBufferLoadB512 "s_buffer_load_b512" Smem 0x0c Smem [B512] [B128 S32] ();
            SGl1Inv "s_gl1_inv" Smem 0x20 Cache [] [] ();
            SDcacheInv "s_dcache_inv" Smem 0x21 Cache [] [] ();
            SAtcProbe "s_atc_probe" Smem 0x22 Smem [] [B64 S32] ();
            SAtcProbeBuffer "s_atc_probe_buffer" Smem 0x23 Smem [] [B128 S32] ();
        }
    };
}

pub(super) use smem_rows;
