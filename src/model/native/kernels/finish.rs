//! What becomes of a product's sums, some rows at a time, while the next ones are computed.

use std::marker::PhantomData;

use super::elementwise::Activation;
use super::lanes::Lanes;
use super::linear::Linear;
use super::math;
use super::rows::Format;
use super::tile::{Aside, Dots};

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
    /// f32, or bf16 where nothing is added.
    pub format: Format,
    /// The place, of f32 or bf16.
    pub to: *mut u32,
    /// Units from one row to the next.
    pub stride: usize,
}

/// A tile's sums on their way: each part of the work is a row.
pub struct Finishing<'a, L, D> {
    linear: &'a Linear,
    then: Then,
    sums: *const u32,
    panel: usize,
    /// How many columns there are, and what the layer has for them.
    width: usize,
    bias: *const f32,
    /// What 1 is worth in the sums for an input of 1, and what the 128 add to them; of whole numbers.
    whole: (*const f32, *const i32),
    /// What 1 is worth in the rows of the input; of whole numbers.
    row_scales: *const f32,
    row: usize,
    rows: usize,
    destination: Destination,
    kernels: PhantomData<(L, D)>,
}

impl<'a, L: Lanes, D: Dots> Finishing<'a, L, D> {
    /// Of no tile.
    pub fn nothing(linear: &'a Linear, then: Then, destination: Destination) -> Self {
        Finishing {
            linear,
            then,
            sums: std::ptr::null(),
            panel: 0,
            width: 0,
            bias: std::ptr::null(),
            whole: (std::ptr::null(), std::ptr::null()),
            row_scales: std::ptr::null(),
            row: 0,
            rows: 0,
            destination,
            kernels: PhantomData,
        }
    }

    /// Of the first `rows` rows of `sums`, which lie `panel` apart and of which `width` columns count: the layer's outputs
    /// from `column` on. `scales` are those of the rows of input, where they are of whole numbers.
    ///
    /// # Safety
    /// The sums stay until the work is done, `destination` has room for them, the CPU has the instructions of `L`, and
    /// the numbers are `D`'s.
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
        (self.bias, self.width) = (self.linear.bias(column), width);
        self.destination = destination;
        if D::WHOLE {
            self.whole = self.linear.whole(column);
            self.row_scales = scales[..rows].as_ptr();
        }
    }

    /// Does all that is left.
    ///
    /// # Safety
    /// As [`Finishing::begin`].
    #[inline(always)]
    pub unsafe fn rest(&mut self) {
        self.some(self.rows - self.row);
    }

    /// The rows before `end`, by code of their own for each thing that becomes of them.
    #[inline(always)]
    unsafe fn finish(&self, end: usize) {
        let brains = self.destination.format == Format::Brains;
        let narrow = D::WHOLE || self.linear.is_narrow();
        match (self.then, brains) {
            (Then::Add, _) => self.columns::<Added, false>(end),
            (Then::Store, false) => self.columns::<Plain, false>(end),
            (Then::Store, true) => self.columns::<Plain, true>(end),
            (Then::Activate(Activation::Gelu), true) => self.columns::<GeluCoarse, true>(end),
            (Then::Activate(Activation::Gelu), false) if narrow => self.columns::<GeluCoarse, false>(end),
            (Then::Activate(Activation::Gelu), false) => self.columns::<Gelu, false>(end),
            (Then::Activate(Activation::GeluNew), false) => self.columns::<GeluNew, false>(end),
            (Then::Activate(Activation::GeluNew), true) => self.columns::<GeluNew, true>(end),
            (Then::Activate(Activation::Relu), false) => self.columns::<Relu, false>(end),
            (Then::Activate(Activation::Relu), true) => self.columns::<Relu, true>(end),
        }
    }

    /// What the columns have in common is loaded once for the rows.
    #[inline(always)]
    unsafe fn columns<T: After, const BRAINS: bool>(&self, end: usize) {
        let Destination { to, stride, .. } = self.destination;
        let mut at = 0;
        while at < self.width {
            let part = L::COUNT.min(self.width - at);
            let bias = L::load(self.bias.add(at));
            let scale = if D::WHOLE {
                L::load(self.whole.0.add(at))
            } else {
                bias
            };
            for row in self.row..end {
                let sums = self.sums.add(row * self.panel + at);
                let value = if D::WHOLE {
                    let sum = L::load_difference(sums.cast(), self.whole.1.add(at));
                    sum.mul_add(scale.mul(L::splat(*self.row_scales.add(row))), bias)
                } else {
                    L::load(sums.cast()).add(bias)
                };
                let to = to.add(row * stride);
                if BRAINS {
                    let to = to.cast::<u16>().add(at);
                    let value = T::of(value);
                    if part == L::COUNT {
                        value.store_bf16(to);
                    } else {
                        math::store_bf16_part(value, to, part);
                    }
                } else {
                    let to = to.cast::<f32>().add(at);
                    if part == L::COUNT {
                        let value = if T::ADDS {
                            value.add(L::load(to))
                        } else {
                            T::of(value)
                        };
                        value.store(to);
                    } else {
                        let to = std::slice::from_raw_parts_mut(to, part);
                        let value = if T::ADDS {
                            value.add(math::load_row(to, 0, 0.0))
                        } else {
                            T::of(value)
                        };
                        math::store_row(value, to, 0);
                    }
                }
            }
            at += L::COUNT;
        }
    }
}

impl<L: Lanes, D: Dots> Aside for Finishing<'_, L, D> {
    #[inline(always)]
    unsafe fn some(&mut self, parts: usize) {
        let end = self.rows.min(self.row + parts);
        if self.row < end {
            self.finish(end);
            self.row = end;
        }
    }
}

/// What becomes of a register of values.
trait After {
    /// Whether they are added to what is there.
    const ADDS: bool = false;

    /// # Safety
    /// The CPU has the instructions of `L`.
    unsafe fn of<L: Lanes>(value: L) -> L;
}

macro_rules! after {
    ($($name:ident: $value:ident => $of:expr $(, $adds:literal)?;)*) => {
        $(
            struct $name;

            impl After for $name {
                $(const ADDS: bool = $adds;)?

                #[inline(always)]
                unsafe fn of<L: Lanes>($value: L) -> L {
                    $of
                }
            }
        )*
    };
}

after! {
    Plain: value => value;
    Added: value => value, true;
    Gelu: value => math::gelu(value);
    GeluCoarse: value => value.gelu_coarse();
    GeluNew: value => math::gelu_new(value);
    Relu: value => value.max(L::splat(0.0));
}
