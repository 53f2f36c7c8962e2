//! What becomes of a product's sums, row by row, while the next ones are computed.

use std::marker::PhantomData;

use super::elementwise::Activation;
use super::isa::Precision;
use super::lanes::Lanes;
use super::linear::Linear;
use super::math;
use super::tile::Aside;

/// What becomes of a product's values, after the bias is added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// They replace the output.
    Store,
    /// They replace the output after the activation.
    Activate(Activation),
    /// They are added to the output: a residual connection.
    Add,
}

/// Where values go: the place of a tile's first one in some rows.
#[derive(Clone, Copy)]
pub struct Destination {
    /// F32, or bf16 where nothing is added.
    pub precision: Precision,
    /// The place, of f32 or bf16.
    pub to: *mut u32,
    /// Units from one row to the next.
    pub stride: usize,
}

/// A tile's sums on their way: each part of the work is a row.
pub struct Finishing<'a, L> {
    linear: &'a Linear,
    then: Then,
    sums: *const u32,
    panel: usize,
    /// How many columns there are, and what the layer has for them.
    width: usize,
    bias: *const f32,
    whole: Option<(*const f32, *const i32)>,
    row: usize,
    rows: usize,
    /// What 1 is worth in the rows of the input, where it is of whole numbers.
    scales: &'a [f32],
    destination: Destination,
    lanes: PhantomData<L>,
}

impl<'a, L: Lanes> Finishing<'a, L> {
    /// Of no tile.
    pub fn nothing(linear: &'a Linear, then: Then, destination: Destination) -> Self {
        Finishing {
            linear,
            then,
            sums: std::ptr::null(),
            panel: 0,
            width: 0,
            bias: std::ptr::null(),
            whole: None,
            row: 0,
            rows: 0,
            scales: &[],
            destination,
            lanes: PhantomData,
        }
    }

    /// Of the first `rows` rows of `sums`, which lie `panel` apart and of which `width` columns count, from `column` on.
    ///
    /// # Safety
    /// The sums stay until the work is done, `destination` has room for them, and the CPU has the instructions of `L`.
    #[allow(clippy::too_many_arguments, reason = "a matrix and its place in two others")]
    pub unsafe fn begin(
        &mut self,
        sums: *const u32,
        panel: usize,
        rows: usize,
        column: usize,
        width: usize,
        scales: &'a [f32],
        destination: Destination,
    ) {
        debug_assert!(self.row == self.rows, "the tile before is done");
        (self.sums, self.panel) = (sums, panel);
        (self.row, self.rows) = (0, rows);
        (self.bias, self.whole) = (self.linear.bias(column), self.linear.whole(column));
        self.width = width;
        (self.scales, self.destination) = (scales, destination);
    }

    /// Does all that is left.
    ///
    /// # Safety
    /// As [`Finishing::begin`].
    #[inline(always)]
    pub unsafe fn rest(&mut self) {
        self.some(self.rows - self.row);
    }

    #[inline(always)]
    unsafe fn finish_row(&self, row: usize) {
        let sums = self.sums.add(row * self.panel);
        let row_scale = L::splat(*self.scales.get(row).unwrap_or(&1.0));
        let Destination {
            precision,
            to,
            stride,
        } = self.destination;
        let mut at = 0;
        if precision == Precision::F32 {
            let to = to.add(row * stride).cast::<f32>();
            while at + L::COUNT <= self.width {
                let before = match self.then {
                    Then::Add => L::load(to.add(at)),
                    _ => L::splat(0.0),
                };
                self.value(sums, at, row_scale, before).store(to.add(at));
                at += L::COUNT;
            }
            if at < self.width {
                let to = std::slice::from_raw_parts_mut(to, self.width);
                let before = match self.then {
                    Then::Add => math::load_row(to, at, 0.0),
                    _ => L::splat(0.0),
                };
                math::store_row(self.value(sums, at, row_scale, before), to, at);
            }
        } else {
            let to = to.add(row * stride).cast::<u16>();
            let nothing = L::splat(0.0);
            while at + L::COUNT <= self.width {
                self.value(sums, at, row_scale, nothing).store_bf16(to.add(at));
                at += L::COUNT;
            }
            if at < self.width {
                let value = self.value(sums, at, row_scale, nothing);
                math::store_bf16_part(value, to.add(at), self.width - at);
            }
        }
    }

    /// A register of values: numbers of the sums from `at` on, with all that comes after.
    #[inline(always)]
    unsafe fn value(&self, sums: *const u32, at: usize, row_scale: L, before: L) -> L {
        let bias = L::load(self.bias.add(at));
        let value = match self.whole {
            None => L::load(sums.add(at).cast()).add(bias),
            Some((scales, excess)) => {
                let scale = L::load(scales.add(at)).mul(row_scale);
                L::load_difference(sums.add(at).cast(), excess.add(at)).mul_add(scale, bias)
            }
        };
        match self.then {
            Then::Store => value,
            Then::Add => value.add(before),
            Then::Activate(Activation::Gelu) if self.linear.is_narrow() => math::gelu_coarse(value),
            Then::Activate(Activation::Gelu) => math::gelu(value),
            Then::Activate(Activation::GeluNew) => math::gelu_new(value),
            Then::Activate(Activation::Relu) => value.max(L::splat(0.0)),
        }
    }
}

impl<L: Lanes> Aside for Finishing<'_, L> {
    #[inline(always)]
    unsafe fn some(&mut self, parts: usize) {
        let end = self.rows.min(self.row + parts);
        while self.row < end {
            self.finish_row(self.row);
            self.row += 1;
        }
    }
}
