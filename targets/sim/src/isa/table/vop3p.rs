//! Packed and matrix arithmetic (VOP3P).

macro_rules! vop3p_rows {
    ($then:ident! $rest:tt $($before:tt)*) => {
        $then! { $rest $($before)*
            VPkMadI16 "v_pk_mad_i16" Vop3p 0x00 Valu [V2I16] [V2I16 V2I16 V2I16] (CLAMP);
            VPkMulLoU16 "v_pk_mul_lo_u16" Vop3p 0x01 Valu [V2U16] [V2U16 V2U16] (CLAMP);
            VPkAddI16 "v_pk_add_i16" Vop3p 0x02 Valu [V2I16] [V2I16 V2I16] (CLAMP);
            VPkSubI16 "v_pk_sub_i16" Vop3p 0x03 Valu [V2I16] [V2I16 V2I16] (CLAMP);
            VPkLshlrevB16 "v_pk_lshlrev_b16" Vop3p 0x04 Valu [V2B16] [V2B16 V2B16] (CLAMP);
            VPkLshrrevB16 "v_pk_lshrrev_b16" Vop3p 0x05 Valu [V2B16] [V2B16 V2B16] (CLAMP);
            VPkAshrrevI16 "v_pk_ashrrev_i16" Vop3p 0x06 Valu [V2I16] [V2I16 V2I16] (CLAMP);
            VPkMaxI16 "v_pk_max_i16" Vop3p 0x07 Valu [V2I16] [V2I16 V2I16] (CLAMP);
            VPkMinI16 "v_pk_min_i16" Vop3p 0x08 Valu [V2I16] [V2I16 V2I16] (CLAMP);
            VPkMadU16 "v_pk_mad_u16" Vop3p 0x09 Valu [V2U16] [V2U16 V2U16 V2U16] (CLAMP);
            VPkAddU16 "v_pk_add_u16" Vop3p 0x0a Valu [V2U16] [V2U16 V2U16] (CLAMP);
            VPkSubU16 "v_pk_sub_u16" Vop3p 0x0b Valu [V2U16] [V2U16 V2U16] (CLAMP);
            VPkMaxU16 "v_pk_max_u16" Vop3p 0x0c Valu [V2U16] [V2U16 V2U16] (CLAMP);
            VPkMinU16 "v_pk_min_u16" Vop3p 0x0d Valu [V2U16] [V2U16 V2U16] (CLAMP);
            VPkFmaF16 "v_pk_fma_f16" Vop3p 0x0e Valu [V2F16] [V2F16 V2F16 V2F16] (CLAMP);
            VPkAddF16 "v_pk_add_f16" Vop3p 0x0f Valu [V2F16] [V2F16 V2F16] (CLAMP);
            VPkMulF16 "v_pk_mul_f16" Vop3p 0x10 Valu [V2F16] [V2F16 V2F16] (CLAMP);
            VPkMinF16 "v_pk_min_f16" Vop3p 0x11 Valu [V2F16] [V2F16 V2F16] (CLAMP);
            VPkMaxF16 "v_pk_max_f16" Vop3p 0x12 Valu [V2F16] [V2F16 V2F16] (CLAMP);
            VDot2F32F16 "v_dot2_f32_f16" Vop3p 0x13 Valu [F32] [V2F16 V2F16 F32] (CLAMP DPP);
            VDot4I32Iu8 "v_dot4_i32_iu8" Vop3p 0x16 Valu [I32] [B32 B32 I32] (CLAMP);
            VDot4U32U8 "v_dot4_u32_u8" Vop3p 0x17 Valu [U32] [B32 B32 U32] (CLAMP);
            VDot8I32Iu4 "v_dot8_i32_iu4" Vop3p 0x18 Valu [I32] [B32 B32 I32] (CLAMP);
            VDot8U32U4 "v_dot8_u32_u4" Vop3p 0x19 Valu [U32] [B32 B32 U32] (CLAMP);
            VDot2F32Bf16 "v_dot2_f32_bf16" Vop3p 0x1a Valu [F32] [V2Bf16 V2Bf16 F32] (CLAMP DPP);
            VFmaMixF32 "v_fma_mix_f32" Vop3p 0x20 Valu [F32] [Mix Mix Mix] (CLAMP DPP);
            VFmaMixloF16 "v_fma_mixlo_f16" Vop3p 0x21 Valu [B32] [Mix Mix Mix] (CLAMP DPP READS_DST);
            VFmaMixhiF16 "v_fma_mixhi_f16" Vop3p 0x22 Valu [B32] [Mix Mix Mix] (CLAMP DPP READS_DST);
            VWmmaF32F16 "v_wmma_f32_16x16x16_f16" Vop3p 0x40 Wmma [V8F32] [V16F16 V16F16 V8F32] ();
            VWmmaF32Bf16 "v_wmma_f32_16x16x16_bf16" Vop3p 0x41 Wmma [V8F32] [V16Bf16 V16Bf16 V8F32] ();
            VWmmaF16F16 "v_wmma_f16_16x16x16_f16" Vop3p 0x42 Wmma [V8F16] [V16F16 V16F16 V8F16] ();
            VWmmaBf16Bf16 "v_wmma_bf16_16x16x16_bf16" Vop3p 0x43 Wmma [V8Bf16] [V16Bf16 V16Bf16 V8Bf16] ();
            VWmmaI32Iu8 "v_wmma_i32_16x16x16_iu8" Vop3p 0x44 Wmma [V8I32] [B128 B128 V8I32] (CLAMP);
            VWmmaI32Iu4 "v_wmma_i32_16x16x16_iu4" Vop3p 0x45 Wmma [V8I32] [B64 B64 V8I32] (CLAMP);
        }
    };
}

pub(super) use vop3p_rows;
