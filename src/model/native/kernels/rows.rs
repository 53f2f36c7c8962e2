//! Activations: rows of numbers, as products read and write them.

use super::tile::MOST_ROWS;

/// How numbers lie in units of 32 bits, along a product's sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One of f32.
    Single,
    /// Two of bf16.
    Brains,
    /// Four whole numbers in [-127, 127], stored plus 128.
    Bytes,
    /// The same without the 128.
    #[cfg_attr(not(target_arch = "aarch64"), allow(dead_code, reason = "SDOT's"))]
    SignedBytes,
    /// Two whole numbers in [-127, 127], sixteen bits wide.
    #[cfg_attr(not(target_arch = "x86_64"), allow(dead_code, reason = "AVX2's"))]
    Words,
}

impl Format {
    /// How many stand in a unit.
    pub fn numbers_in_a_unit(self) -> usize {
        match self {
            Format::Single => 1,
            Format::Brains | Format::Words => 2,
            Format::Bytes | Format::SignedBytes => 4,
        }
    }

    /// Whether they are narrower than f32.
    pub fn is_narrow(self) -> bool {
        self != Format::Single
    }

    /// Whether they are whole numbers, each row with a scale of its own.
    pub fn is_whole(self) -> bool {
        match self {
            Format::Single | Format::Brains => false,
            Format::Bytes | Format::SignedBytes | Format::Words => true,
        }
    }
}

/// What a memory transfer and a row of a tile hold: 16 units, where a cache line begins.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub struct Line([u32; Line::UNITS]);

impl Line {
    /// Units in a line.
    pub const UNITS: usize = 16;
}

/// Numbers in units of 32 bits, from the beginning of a cache line on: registers and tiles that are read from there
/// never straddle two.
#[derive(Default)]
pub struct Units(Vec<Line>);

impl Units {
    /// So many zeros, or some more.
    pub fn zeros(count: usize) -> Self {
        let lines = Box::<[Line]>::new_zeroed_slice(count.div_ceil(Line::UNITS));
        // SAFETY: a line of zeros is a line.
        Units(unsafe { lines.assume_init() }.into_vec())
    }

    /// Grows to so many, by zeros.
    pub fn reserve(&mut self, count: usize) {
        let lines = count.div_ceil(Line::UNITS);
        if lines > self.0.len() {
            self.0.resize(lines, Line([0; Line::UNITS]));
        }
    }

    /// All of them.
    pub fn as_slice(&self) -> &[u32] {
        // SAFETY: a line is sixteen units and nothing else.
        unsafe { std::slice::from_raw_parts(self.0.as_ptr().cast(), self.0.len() * Line::UNITS) }
    }

    /// All of them.
    pub fn as_mut_slice(&mut self) -> &mut [u32] {
        // SAFETY: as above.
        unsafe { std::slice::from_raw_parts_mut(self.0.as_mut_ptr().cast(), self.0.len() * Line::UNITS) }
    }
}

/// A matrix `[count, width]` of activations.
///
/// Behind the last row stand others from before: a tile reads rows beyond those that are wanted. They and what fills rows
/// up are numbers in the same format, or zeros, so that nothing that is multiplied with them by zero comes out of it.
pub struct Rows {
    format: Format,
    width: usize,
    /// Units from one row to the next.
    stride: usize,
    count: usize,
    units: Units,
    /// What 1 is worth in each row, where its numbers are whole.
    scales: Vec<f32>,
}

impl Default for Rows {
    fn default() -> Self {
        Rows::new(Format::Single)
    }
}

impl Rows {
    /// None as yet.
    pub fn new(format: Format) -> Self {
        Rows {
            format,
            width: 0,
            stride: 0,
            count: 0,
            units: Units::default(),
            scales: Vec::new(),
        }
    }

    /// Takes a shape; what the rows hold is left from before.
    pub fn shape(&mut self, count: usize, width: usize) {
        if width != self.width {
            self.units.as_mut_slice().fill(0);
            self.width = width;
            self.stride = match self.format {
                Format::Single => width,
                narrow => narrow_stride(width, narrow),
            };
        }
        self.count = count;
        // A register of a last row's last numbers may go beyond them.
        let rows = (count + MOST_ROWS).next_multiple_of(MOST_ROWS);
        self.units.reserve(rows * self.stride + 2 * Line::UNITS);
        if self.format.is_whole() && self.scales.len() < rows {
            self.scales.resize(rows, 0.0);
        }
    }

    /// Leaves some rows, given by number in ascending order.
    ///
    /// # Panics
    /// Where there is no such row, or they do not ascend.
    pub fn keep(&mut self, rows: &[usize]) {
        assert!(rows.is_sorted_by(|one, next| one < next), "ascending");
        assert!(rows.last().is_none_or(|last| *last < self.count), "rows");
        for (to, &from) in rows.iter().enumerate() {
            // Rows that are left have gone up already.
            let from = from * self.stride..(from + 1) * self.stride;
            self.units.as_mut_slice().copy_within(from, to * self.stride);
            if self.format.is_whole() {
                self.scales[to] = self.scales[rows[to]];
            }
        }
        self.count = rows.len();
    }

    /// How the numbers lie.
    pub fn format(&self) -> Format {
        self.format
    }

    /// How many numbers a row has.
    pub fn width(&self) -> usize {
        self.width
    }

    /// How many rows there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Units from one row to the next.
    pub(super) fn stride(&self) -> usize {
        self.stride
    }

    /// The units that a row's numbers take.
    pub(super) fn units(&self, row: usize) -> &[u32] {
        assert!(row < self.count, "a row");
        let units = self.width.div_ceil(self.format.numbers_in_a_unit());
        &self.units.as_slice()[row * self.stride..][..units]
    }

    /// The first unit of a row, which may be the one behind the last.
    pub(super) fn row(&self, row: usize) -> *const u32 {
        assert!(row <= self.count, "a row, or the end of all");
        self.units.as_slice()[row * self.stride..].as_ptr()
    }

    /// The first unit of a row, which may be the one behind the last.
    pub(super) fn row_mut(&mut self, row: usize) -> *mut u32 {
        assert!(row <= self.count, "a row, or the end of all");
        self.units.as_mut_slice()[row * self.stride..].as_mut_ptr()
    }

    /// What 1 is worth from a row on; of rows that have none, nothing.
    pub(super) fn scales(&self, row: usize) -> &[f32] {
        self.scales.get(row..).unwrap_or_default()
    }

    /// Sets what 1 is worth in a row.
    pub(super) fn set_scale(&mut self, row: usize, scale: f32) {
        self.scales[row] = scale;
    }

    /// All numbers in f32, row after row.
    ///
    /// # Panics
    /// Where they are others.
    pub fn f32(&self) -> &[f32] {
        assert_eq!(self.format, Format::Single);
        let units = &self.units.as_slice()[..self.count * self.width];
        // SAFETY: every 32 bits are an f32.
        unsafe { std::slice::from_raw_parts(units.as_ptr().cast(), units.len()) }
    }

    /// The bf16 numbers of a row.
    #[cfg(test)]
    pub(super) fn brains(&self, row: usize) -> &[u16] {
        assert!(self.format == Format::Brains && row < self.count);
        // SAFETY: a row holds as many numbers.
        unsafe { std::slice::from_raw_parts(self.row(row).cast(), self.width) }
    }

    /// All numbers in f32, row after row.
    ///
    /// # Panics
    /// Where they are others.
    pub fn f32_mut(&mut self) -> &mut [f32] {
        assert_eq!(self.format, Format::Single);
        let units = &mut self.units.as_mut_slice()[..self.count * self.width];
        // SAFETY: every 32 bits are an f32, and the reverse.
        unsafe { std::slice::from_raw_parts_mut(units.as_mut_ptr().cast(), units.len()) }
    }
}

/// Whole lines, and not a multiple of four of them: rows that lie a power of two apart would share a few places of the
/// first-level cache.
fn narrow_stride(width: usize, format: Format) -> usize {
    let stride = width
        .div_ceil(format.numbers_in_a_unit())
        .next_multiple_of(Line::UNITS);
    if stride.is_multiple_of(4 * Line::UNITS) {
        stride + Line::UNITS
    } else {
        stride
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_begin_where_a_line_does_and_keep_what_they_hold() {
        for format in [Format::Brains, Format::Bytes, Format::SignedBytes, Format::Words] {
            let mut rows = Rows::new(format);
            rows.shape(3, 1536);
            for row in 0..3 {
                assert_eq!(rows.row(row) as usize % 64, 0, "{format:?}");
            }
            assert!(rows.stride() * format.numbers_in_a_unit() > 1536, "{format:?}");
        }
        let mut rows = Rows::default();
        rows.shape(2, 3);
        rows.f32_mut().copy_from_slice(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        rows.shape(1, 3);
        rows.shape(200, 3);
        assert_eq!(rows.f32()[..6], [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    }

    #[test]
    fn rows_that_are_kept_are_the_first_ones_then() {
        let mut rows = Rows::default();
        rows.shape(4, 2);
        rows.f32_mut()
            .copy_from_slice(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]);
        rows.keep(&[0, 2, 3]);
        assert_eq!(rows.f32(), [1.0, 2.0, 5.0, 6.0, 7.0, 8.0]);
        rows.keep(&[2]);
        assert_eq!(rows.f32(), [7.0, 8.0]);
        rows.keep(&[]);
        assert_eq!(rows.count(), 0);
    }

    #[test]
    fn another_width_leaves_zeros() {
        let mut rows = Rows::new(Format::Brains);
        rows.shape(4, 64);
        rows.units.as_mut_slice().fill(0x7fc0_7fc0);
        rows.shape(4, 5);
        assert!(rows.units.as_slice().iter().all(|unit| *unit == 0));
    }
}
