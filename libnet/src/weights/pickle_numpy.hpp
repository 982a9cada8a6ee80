#pragma once

#include "weights/pickle_machine.hpp"

namespace seg::net::pickle {

/// numpy.dtype("f8", ...)
Data numpy_type(Machine& machine, const Refs& arguments);
/// numpy's scalar(dtype, bytes): a plain number, truth value or text.
Data numpy_scalar(Machine& machine, const Refs& arguments);
/// numpy's _reconstruct(ndarray, ...): filled by its state later.
Data numpy_empty_array(Machine& machine, const Refs& arguments);
/// numpy's _frombuffer(bytes, dtype, shape, order).
Data numpy_from_buffer(Machine& machine, const Refs& arguments);
/// An array from its state (version, shape, dtype, Fortran order, content): a tensor.
Data numpy_array(Machine& machine, const Refs& state);
/// @throws Error for big-endian numbers.
void check_byte_order(Machine& machine, const NumpyType& type, const Refs& state);

}  // namespace seg::net::pickle
