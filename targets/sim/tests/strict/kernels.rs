//! Correct kernels, with what they should compute.

/// A kernel, one launch of it, and the result.
pub(crate) struct Kernel {
    /// Its name, which is also its file's.
    pub(crate) name: &'static str,
    pub(crate) text: &'static str,
    pub(crate) lds: u32,
    pub(crate) scratch: u32,
    pub(crate) vgprs: u32,
    pub(crate) grid: u32,
    pub(crate) block: u32,
    /// Buffers of words in the order of the arguments.
    pub(crate) buffers: Vec<Vec<u32>>,
    /// Scalar arguments after the buffers.
    pub(crate) scalars: Vec<u32>,
    /// What the last buffer should hold afterwards.
    pub(crate) expected: Vec<u32>,
}

macro_rules! text {
    ($name:literal) => {
        include_str!(concat!("kernels/", $name, ".s"))
    };
}

/// All of them.
pub(crate) fn all() -> Vec<Kernel> {
    vec![
        sum(),
        transpose(),
        affine(),
        histogram(),
        scratch(),
        branch(),
        pipeline(),
        matrix(),
        chain(),
        scan(),
        bytes(),
        exchange(),
        last(),
        maximum(),
    ]
}

/// Words without a pattern, the same on every machine.
fn noise(seed: u32, count: usize) -> Vec<u32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9) | 1;
    let next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state
    };
    std::iter::repeat_with(next).take(count).collect()
}

fn kernel(
    name: &'static str,
    text: &'static str,
    buffers: Vec<Vec<u32>>,
    expected: Vec<u32>,
) -> Kernel {
    Kernel {
        name,
        text,
        lds: 0,
        scratch: 0,
        vgprs: 32,
        grid: 1,
        block: 32,
        buffers,
        scalars: Vec::new(),
        expected,
    }
}

fn sum() -> Kernel {
    let input = noise(1, 768);
    let total = |part: &[u32]| part.iter().fold(0, |sum: u32, x| sum.wrapping_add(*x));
    let expected = input.chunks(256).map(total).collect();
    let shape = kernel("sum", text!("sum"), vec![input, vec![0; 3]], expected);
    Kernel { lds: 1024, grid: 3, block: 256, ..shape }
}

fn transpose() -> Kernel {
    let input = noise(2, 2048);
    let at = |i: usize| input[i / 1024 * 1024 + i % 32 * 32 + i / 32 % 32];
    let expected = (0..2048).map(at).collect();
    let buffers = vec![input.clone(), vec![0; 2048]];
    let shape = kernel("transpose", text!("transpose"), buffers, expected);
    Kernel { lds: 4224, grid: 2, block: 128, ..shape }
}

fn affine() -> Kernel {
    let (a, b) = (noise(3, 100), noise(4, 100));
    let (x, y) = (0x1234_5677_u32, 0x89ab_cdef_u32);
    let combine = |(a, b): (&u32, &u32)| a.wrapping_mul(x).wrapping_add(b.wrapping_mul(y));
    let expected = a.iter().zip(&b).map(combine).collect();
    let shape = kernel("affine", text!("affine"), vec![a, b, vec![0; 100]], expected);
    Kernel { grid: 2, block: 64, scalars: vec![x, y, 100], ..shape }
}

fn histogram() -> Kernel {
    let input = noise(5, 192);
    let mut expected = vec![0; 64];
    for byte in input.iter().flat_map(|word| word.to_le_bytes()) {
        expected[usize::from(byte & 63)] += 1;
    }
    let shape = kernel("histogram", text!("histogram"), vec![input, vec![0; 64]], expected);
    Kernel { lds: 256, grid: 3, block: 64, ..shape }
}

fn scratch() -> Kernel {
    let input = noise(6, 128);
    let fold = |lane: usize| {
        let row = |i: usize| input[(lane + 5 * i) % 4 * 32 + lane];
        (0..7).fold(0, |sum: u32, i| sum.wrapping_mul(3).wrapping_add(row(i)))
    };
    let expected = (0..32).map(fold).collect();
    let buffers = vec![input.clone(), vec![0; 32]];
    let shape = kernel("scratch", text!("scratch"), buffers, expected);
    Kernel { scratch: 16, scalars: vec![7], ..shape }
}

fn branch() -> Kernel {
    let input = noise(7, 128);
    let value = |v: &u32| {
        if v % 2 == 1 {
            let start = input[(v / 2 % 64) as usize].wrapping_add(7);
            return (0..v % 8).fold(start, |r, k| r.wrapping_mul(5).wrapping_add(k));
        }
        let less = if v % 4 == 2 { input[(v % 64) as usize] } else { 0 };
        v.wrapping_mul(3).wrapping_sub(less)
    };
    let expected = input.iter().map(value).collect();
    let buffers = vec![input.clone(), vec![0; 128]];
    Kernel { grid: 2, block: 64, ..kernel("branch", text!("branch"), buffers, expected) }
}

fn pipeline() -> Kernel {
    let input = noise(8, 320);
    let value = |l: usize| {
        (0..5).fold(0, |sum: u32, s| {
            let (far, near) = (input[64 * s + 63 - l], input[64 * s + (l + 7) % 64]);
            sum.wrapping_add(far.wrapping_mul(s as u32 + 1)).wrapping_add(near)
        })
    };
    let expected = (0..64).map(value).collect();
    let buffers = vec![input.clone(), vec![0; 64]];
    let shape = kernel("pipeline", text!("pipeline"), buffers, expected);
    Kernel { lds: 512, block: 64, scalars: vec![5], ..shape }
}

/// Byte `k` of line `line`, of lines of `words` words.
fn byte(matrix: &[u32], line: usize, words: usize, k: usize) -> u8 {
    matrix[line * words + k / 4].to_le_bytes()[k % 4]
}

fn matrix() -> Kernel {
    let (a, b) = (noise(9, 256), noise(10, 256));
    let signed = |m: &[u32], line, k| i32::from(byte(m, line, 16, k) as i8);
    let element = |at: usize| {
        let products = (0..64).map(|k| signed(&a, at / 16, k) * signed(&b, at % 16, k));
        products.sum::<i32>() as u32
    };
    let expected = (0..256).map(element).collect();
    kernel("matrix", text!("matrix"), vec![a.clone(), b.clone(), vec![0; 256]], expected)
}

fn chain() -> Kernel {
    let (a, b) = (noise(11, 4), noise(12, 64));
    let first = |column: usize| -> u32 {
        (0..16).map(|k| u32::from(byte(&a, 0, 4, k)) * u32::from(byte(&b, column, 4, k))).sum()
    };
    let element = |at: usize| {
        let row = first(at / 16).to_le_bytes();
        let products = (0..16).map(|k| u32::from(row[k % 4]) * u32::from(byte(&b, at % 16, 4, k)));
        products.sum()
    };
    let expected = (0..256).map(element).collect();
    kernel("chain", text!("chain"), vec![a.clone(), b.clone(), vec![0; 256]], expected)
}

fn scan() -> Kernel {
    let input = noise(13, 32);
    let running = |sum: &mut u32, x: &u32| {
        *sum = sum.wrapping_add(*x);
        Some(*sum)
    };
    let expected = input.iter().scan(0, running).collect();
    kernel("scan", text!("scan"), vec![input.clone(), vec![0; 32]], expected)
}

fn bytes() -> Kernel {
    let input = noise(14, 32);
    let value = |word: &u32| {
        let swapped = word.swap_bytes();
        let (low, high) = (swapped as u16, (swapped >> 16) as u16);
        u32::from(low.wrapping_add(1)) | u32::from(high.wrapping_add(2)) << 16
    };
    let expected = input.iter().map(value).collect();
    let shape = kernel("bytes", text!("bytes"), vec![input, vec![0; 32]], expected);
    Kernel { lds: 128, block: 128, ..shape }
}

fn exchange() -> Kernel {
    let input = noise(15, 256);
    let expected = (0..256).map(|l| input[l].wrapping_add(input[255 - l])).collect();
    let buffers = vec![input.clone(), vec![0; 256], vec![0; 256]];
    Kernel { block: 256, ..kernel("exchange", text!("exchange"), buffers, expected) }
}

fn last() -> Kernel {
    let input = noise(16, 160);
    let total = input.iter().fold(0, |sum: u32, x| sum.wrapping_add(*x));
    let buffers = vec![input, vec![0; 5], vec![0], vec![0]];
    let shape = kernel("last", text!("last"), buffers, vec![total]);
    Kernel { grid: 5, scalars: vec![5], ..shape }
}

fn maximum() -> Kernel {
    let input = noise(17, 128);
    let greatest = |lane: usize| input.iter().skip(lane).step_by(32).max().copied().unwrap_or(0);
    let expected = (0..32).map(greatest).collect();
    let buffers = vec![input.clone(), vec![0; 32]];
    Kernel { grid: 4, ..kernel("maximum", text!("maximum"), buffers, expected) }
}

/// A kernel whose body, the line `.body`, is yet to be filled in.
pub(crate) fn probe() -> Kernel {
    let shape = kernel("probe", text!("probe"), vec![vec![0; 64], vec![0; 32]], vec![0; 32]);
    Kernel { lds: 128, scratch: 16, ..shape }
}
