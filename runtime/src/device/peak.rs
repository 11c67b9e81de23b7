//! Bursts of arithmetic that do nothing else, for measuring what the processor's units can do.
//!
//! Each function takes `steps` steps over independent accumulators, enough of them to hide the
//! latency of the instruction, and returns a value that depends on all. A burst may be called
//! only where the processor has been asked for the features that the function names.

use std::arch::x86_64::*;
use std::hint::black_box;

/// Accumulators of 512-bit bursts: of 32 registers.
const WIDE: usize = 16;
/// Accumulators of 256-bit bursts: of 16 registers, two of which hold operands.
const NARROW: usize = 12;

/// Operations in a step of [`dot4_512`]: 64 multiply-adds for each accumulator.
pub(super) const DOT4_512: u64 = 2 * 64 * WIDE as u64;
/// Operations in a step of [`dot4_256`]: 32 multiply-adds for each accumulator.
pub(super) const DOT4_256: u64 = 2 * 32 * NARROW as u64;
/// Operations in a step of [`dot2_256`]: 16 multiply-adds for each accumulator.
pub(super) const DOT2_256: u64 = 2 * 16 * NARROW as u64;
/// Operations in a step of [`fma_512`]: 16 multiply-adds for each accumulator.
pub(super) const FMA_512: u64 = 2 * 16 * WIDE as u64;
/// Operations in a step of [`fma_256`]: 8 multiply-adds for each accumulator.
pub(super) const FMA_256: u64 = 2 * 8 * NARROW as u64;

/// `vpdpbusd` on 512 bits.
#[target_feature(enable = "avx512f,avx512vnni")]
pub(super) fn dot4_512(steps: u64) -> i32 {
    let (a, b) = black_box((_mm512_set1_epi8(3), _mm512_set1_epi8(-5)));
    let mut sums = [_mm512_setzero_si512(); WIDE];
    for _ in 0..steps {
        for sum in &mut sums {
            *sum = _mm512_dpbusd_epi32(*sum, a, b);
        }
    }
    let all = sums.into_iter().fold(_mm512_setzero_si512(), |x, y| _mm512_xor_si512(x, y));
    _mm512_reduce_add_epi32(all)
}

/// `vpdpbusd` on 256 bits, in the encoding of processors without AVX-512.
#[target_feature(enable = "avx2,avxvnni")]
pub(super) fn dot4_256(steps: u64) -> i32 {
    let (a, b) = black_box((_mm256_set1_epi8(3), _mm256_set1_epi8(-5)));
    let mut sums = [_mm256_setzero_si256(); NARROW];
    for _ in 0..steps {
        for sum in &mut sums {
            *sum = _mm256_dpbusd_avx_epi32(*sum, a, b);
        }
    }
    first_of(sums)
}

/// `vpmaddwd` and an addition, on 256 bits: byte products where there is no `vpdpbusd`.
#[target_feature(enable = "avx2")]
pub(super) fn dot2_256(steps: u64) -> i32 {
    let (a, b) = black_box((_mm256_set1_epi16(3), _mm256_set1_epi32(7)));
    let mut sums = [_mm256_setzero_si256(); NARROW];
    for _ in 0..steps {
        for sum in &mut sums {
            // The product depends on the sum, or it would be computed only once.
            *sum = _mm256_add_epi32(_mm256_madd_epi16(*sum, a), b);
        }
    }
    first_of(sums)
}

/// `vfmadd` on 512 bits.
#[target_feature(enable = "avx512f")]
pub(super) fn fma_512(steps: u64) -> i32 {
    let (a, b) = black_box((_mm512_set1_ps(0.5), _mm512_set1_ps(1.0)));
    let mut sums = [_mm512_setzero_ps(); WIDE];
    for _ in 0..steps {
        for sum in &mut sums {
            *sum = _mm512_fmadd_ps(*sum, a, b);
        }
    }
    let all = sums.into_iter().fold(_mm512_setzero_ps(), |x, y| _mm512_add_ps(x, y));
    _mm512_reduce_add_ps(all) as i32
}

/// `vfmadd` on 256 bits.
#[target_feature(enable = "avx2,fma")]
pub(super) fn fma_256(steps: u64) -> i32 {
    let (a, b) = black_box((_mm256_set1_ps(0.5), _mm256_set1_ps(1.0)));
    let mut sums = [_mm256_setzero_ps(); NARROW];
    for _ in 0..steps {
        for sum in &mut sums {
            *sum = _mm256_fmadd_ps(*sum, a, b);
        }
    }
    first_of(sums.map(|sum| _mm256_castps_si256(sum)))
}

/// A number that depends on every accumulator.
#[target_feature(enable = "avx2")]
fn first_of(sums: [__m256i; NARROW]) -> i32 {
    let all = sums.into_iter().fold(_mm256_setzero_si256(), |x, y| _mm256_xor_si256(x, y));
    _mm256_extract_epi32::<0>(all)
}
