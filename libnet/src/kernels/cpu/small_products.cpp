#include "kernels/cpu/small_products.hpp"

#include <algorithm>

#include "kernels/cpu/for_processor.hpp"
#include "kernels/cpu/lanes.hpp"

namespace seg::net {
namespace {

/// Sums stay in registers: 6 rows of 2 x 8 columns are what AVX2 has room for.
constexpr std::int64_t rows_at_once = 6, lanes_at_once = 2;
/// Products that are added up in one go. Sums of such sums are more exact than one long sum, in
/// which each product is rounded to the whole: of 128 products twice.
constexpr std::int64_t terms_at_once = 16;

struct Operands {
  const float *a, *b;
  float* c;
  const float* added;  ///< to c's first row, to each other one `added_step` later; or null
  std::int64_t added_step;
  std::int64_t row_step, inner_step;     ///< between values of a
  std::int64_t b_inner_step, lane_step;  ///< of b, from its row to the next, from 8 columns to 8
  std::int64_t inner, columns;
};

template <std::int64_t rows, std::int64_t lanes>
[[gnu::always_inline]] inline void block_product(const Operands& o) {
  Lanes sums[rows][lanes] = {};
  for (std::int64_t k = 0; k < o.inner; ++k) {
    Lanes b[lanes];
#pragma GCC unroll 2
    for (std::int64_t i = 0; i < lanes; ++i) load(o.b + k * o.b_inner_step + i * o.lane_step, b[i]);
#pragma GCC unroll 6
    for (std::int64_t row = 0; row < rows; ++row) {
      const float a = o.a[row * o.row_step + k * o.inner_step];
#pragma GCC unroll 2
      for (std::int64_t i = 0; i < lanes; ++i) sums[row][i] += a * b[i];
    }
  }
#pragma GCC unroll 6
  for (std::int64_t row = 0; row < rows; ++row) {
#pragma GCC unroll 2
    for (std::int64_t i = 0; i < lanes; ++i) {
      float* to = o.c + row * o.columns + i * lane_count;
      Lanes before{};
      if (o.added) load(o.added + row * o.added_step + i * lane_count, before);
      before += sums[row][i];
      store(before, to);
    }
  }
}

template <std::int64_t lanes>
[[gnu::always_inline]] inline void product_of_rows(const Operands& o, std::int64_t rows) {
  switch (rows) {
    case 1:
      return block_product<1, lanes>(o);
    case 2:
      return block_product<2, lanes>(o);
    case 3:
      return block_product<3, lanes>(o);
    case 4:
      return block_product<4, lanes>(o);
    case 5:
      return block_product<5, lanes>(o);
    default:
      return block_product<rows_at_once, lanes>(o);
  }
}

/// Of some of the inner products, for all rows and columns.
[[gnu::always_inline]] inline void product_of_terms(Operands o, std::int64_t rows) {
  const Operands all = o;
  for (std::int64_t column = 0; column < all.columns; column += lanes_at_once * lane_count) {
    for (std::int64_t row = 0; row < rows; row += rows_at_once) {
      o.a = all.a + row * all.row_step;
      o.b = all.b + column / lane_count * all.lane_step;
      o.c = all.c + row * all.columns + column;
      if (all.added) o.added = all.added + row * all.added_step + column;
      const std::int64_t some = std::min(rows - row, rows_at_once);
      if (all.columns - column == lane_count)
        product_of_rows<1>(o, some);
      else
        product_of_rows<lanes_at_once>(o, some);
    }
  }
}

[[gnu::always_inline]] inline void product(Operands o, std::int64_t rows) {
  const std::int64_t terms = o.inner;
  for (std::int64_t first = 0; first < terms; first += terms_at_once) {
    o.inner = std::min(terms - first, terms_at_once);
    product_of_terms(o, rows);
    o.a += o.inner * o.inner_step;
    o.b += o.inner * o.b_inner_step;
    o.added = o.c;
    o.added_step = o.columns;
  }
}

[[gnu::always_inline]] inline void multiply_each(const SmallProducts& sizes,
                                                 Matrices<const float> a, Matrices<const float> b,
                                                 Matrices<float> c, const float* added) {
  const auto [count, rows, inner, columns] = sizes;
  for (std::int64_t i = 0; i < count; ++i)
    product({a.values + i * a.step, b.values + i * b.step, c.values + i * c.step, added, 0, inner,
             1, lane_count, inner * lane_count, inner, columns},
            rows);
}

[[gnu::always_inline]] inline void add_each(const SmallProducts& sizes, Matrices<const float> a,
                                            Matrices<const float> b, Matrices<float> c) {
  const auto [count, rows, inner, columns] = sizes;
  for (std::int64_t i = 0; i < count; ++i) {
    float* sums = c.values + i * c.step;
    // In one go: each addition to what is a long sum already rounds to the whole of it.
    product_of_terms({a.values + i * a.step, b.values + i * b.step, sums, sums, columns, 1, rows,
                      columns, lane_count, inner, columns},
                     rows);
  }
}

}  // namespace

void multiply(const SmallProducts& sizes, Matrices<const float> a, Matrices<const float> b,
              Matrices<float> c, const float* added) {
  run_for_processor<multiply_each>(sizes, a, b, c, added);
}

void add_transposed_products(const SmallProducts& sizes, Matrices<const float> a,
                             Matrices<const float> b, Matrices<float> c) {
  run_for_processor<add_each>(sizes, a, b, c);
}

}  // namespace seg::net
