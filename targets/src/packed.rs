//! Elements of 4 to 32 bits in byte buffers: little-endian, low nibble first.

use crate::{DType, Error, Order};

/// Reads the bit pattern of element `index`.
///
/// # Panics
/// If the buffer ends before the element.
pub fn read_element(data: &[u8], dtype: DType, index: usize) -> u32 {
    match dtype.bits() {
        4 => u32::from(data[index / 2] >> (index % 2 * 4) & 15),
        8 => u32::from(data[index]),
        16 => u32::from(u16::from_le_bytes([data[2 * index], data[2 * index + 1]])),
        _ => {
            let bytes = &data[4 * index..4 * index + 4];
            u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
        }
    }
}

/// Writes the low bits of `bits` as element `index`; neighbours keep their values.
///
/// # Panics
/// If the buffer ends before the element.
pub fn write_element(data: &mut [u8], dtype: DType, index: usize, bits: u32) {
    match dtype.bits() {
        4 => {
            let (byte, shift) = (&mut data[index / 2], index % 2 * 4);
            *byte = *byte & !(15 << shift) | (bits as u8 & 15) << shift;
        }
        8 => data[index] = bits as u8,
        16 => data[2 * index..2 * index + 2].copy_from_slice(&(bits as u16).to_le_bytes()),
        _ => data[4 * index..4 * index + 4].copy_from_slice(&bits.to_le_bytes()),
    }
}

/// Writes row-major bit patterns into a fresh buffer in the given order.
pub(crate) fn store(values: &[u32], order: &Order, shape: [usize; 2], dtype: DType) -> Vec<u8> {
    let mut data = vec![0; order.bytes(shape, dtype)];
    let [rows, cols] = order.offsets(shape);
    let places = rows.iter().flat_map(|row| cols.iter().map(move |col| row + col));
    for (bits, place) in values.iter().zip(places) {
        write_element(&mut data, dtype, place, *bits);
    }
    data
}

/// Reads row-major bit patterns from a buffer in the given order.
pub(crate) fn load(
    data: &[u8],
    order: &Order,
    shape: [usize; 2],
    dtype: DType,
    name: &str,
) -> Result<Vec<u32>, Error> {
    expect_len(&format!("bytes of part `{name}`"), data.len(), order.bytes(shape, dtype))?;
    let [rows, cols] = order.offsets(shape);
    let places = rows.iter().flat_map(|row| cols.iter().map(move |col| row + col));
    Ok(places.map(|place| read_element(data, dtype, place)).collect())
}

pub(crate) fn expect_len(what: &str, found: usize, expected: usize) -> Result<(), Error> {
    if found == expected {
        return Ok(());
    }
    Err(Error::Data(format!("expected {expected} {what}, found {found}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_element_written_is_read_and_its_neighbours_stay(
            dtype in prop::sample::select(DType::ALL.to_vec()),
            index in 0usize..9,
            bits: u32,
            fill: u8,
        ) {
            let mut data = vec![fill; dtype.bytes(10)];
            let before: Vec<u32> = (0..10).map(|at| read_element(&data, dtype, at)).collect();
            write_element(&mut data, dtype, index, bits);
            for (at, old) in before.into_iter().enumerate() {
                let expected = if at == index { bits & dtype.mask() } else { old };
                prop_assert_eq!(read_element(&data, dtype, at), expected);
            }
        }
    }

    #[test]
    fn the_low_nibble_comes_first() {
        assert_eq!(read_element(&[0x21, 0x43], DType::U4, 2), 3);
    }
}
