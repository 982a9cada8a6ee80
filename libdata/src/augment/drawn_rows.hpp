#pragma once

#include <ATen/ATen.h>

#include <vector>

namespace seg::data {

using Rows = std::vector<std::int64_t>;

inline at::Tensor row_index(const Rows& rows, at::Device device) {
  return at::tensor(rows, at::kLong).to(device, /*non_blocking=*/true);
}

/// The given rows (ascending, first axis) of a tensor, as a view where that is possible.
inline at::Tensor take_rows(const at::Tensor& all, const Rows& rows) {
  const std::int64_t count = static_cast<std::int64_t>(rows.size());
  if (rows.back() - rows.front() + 1 == count) return all.narrow(0, rows.front(), count);
  return all.index_select(0, row_index(rows, all.device()));
}

/// Writes the rows that take_rows() gave back, after they were changed or replaced.
inline void put_rows(const at::Tensor& all, const Rows& rows, const at::Tensor& values) {
  const std::int64_t count = static_cast<std::int64_t>(rows.size());
  if (rows.back() - rows.front() + 1 != count)
    at::Tensor(all).index_copy_(0, row_index(rows, all.device()), values);
  else if (at::Tensor view = all.narrow(0, rows.front(), count); !view.is_same(values))
    view.copy_(values);
}

}  // namespace seg::data
