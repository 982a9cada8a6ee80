#pragma once

#include <cstdint>
#include <vector>

namespace seg::train {

/// sum += weight * values, element by element.
template <typename T>
void add_weighted(const T* values, double weight, std::vector<double>& sum) {
  double* out = sum.data();
  const std::size_t count = sum.size();
  for (std::size_t i = 0; i < count; ++i) out[i] += weight * static_cast<double>(values[i]);
}

/// For each place the value that all rows have there; what is in `agreed` (a value that no row has)
/// stays where they differ.
inline void agree(const std::vector<const std::int16_t*>& rows, std::vector<std::int16_t>& agreed) {
  const std::int16_t* first = rows.front();
  for (std::size_t x = 0; x < agreed.size(); ++x) {
    bool same = true;
    for (const std::int16_t* row : rows) same = same && row[x] == first[x];
    if (same) agreed[x] = first[x];
  }
}

}  // namespace seg::train
