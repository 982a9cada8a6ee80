#include "kernels/cpu/small_products.hpp"

#include <algorithm>

#include "kernels/cpu/for_processor.hpp"
#include "kernels/cpu/lanes.hpp"

namespace seg::net {
namespace {

/// Sums stay in registers: 6 rows of 2 vectors are what AVX2 has room for, and as many as AVX-512
/// needs to wait for none.
constexpr std::int64_t rows_at_once = 6, vectors_at_once = 2;
/// Products that are added up in one go. Sums of such sums are more exact than one long sum, in
/// which each product is rounded to the whole: of 128 products twice.
constexpr std::int64_t terms_at_once = 16;

/// Between values of b, in floats.
struct Order {
  std::int64_t inner_step;
  std::int64_t vector_step;  ///< from one vector of columns to the next of the same product
  std::int64_t column_step;  ///< from where a product's columns begin to the next's, a column
};

struct Operands {
  const float *a, *b;
  float* c;
  const float* added;  ///< to c's first row, to each other one `added_step` later; or null
  std::int64_t added_step;
  std::int64_t row_step, inner_step;  ///< between values of a
  Order order;
  std::int64_t inner, columns;
};

template <typename Vector, std::int64_t rows, std::int64_t vectors>
[[gnu::always_inline]] inline void block_product(const Operands& o) {
  Vector sums[rows][vectors] = {};
  for (std::int64_t k = 0; k < o.inner; ++k) {
    Vector b[vectors];
#pragma GCC unroll 2
    for (std::int64_t i = 0; i < vectors; ++i)
      load(o.b + k * o.order.inner_step + i * o.order.vector_step, b[i]);
#pragma GCC unroll 6
    for (std::int64_t row = 0; row < rows; ++row) {
      const float a = o.a[row * o.row_step + k * o.inner_step];
#pragma GCC unroll 2
      for (std::int64_t i = 0; i < vectors; ++i) sums[row][i] += a * b[i];
    }
  }
#pragma GCC unroll 6
  for (std::int64_t row = 0; row < rows; ++row) {
#pragma GCC unroll 2
    for (std::int64_t i = 0; i < vectors; ++i) {
      float* to = o.c + row * o.columns + i * lanes_in<Vector>;
      Vector before{};
      if (o.added) load(o.added + row * o.added_step + i * lanes_in<Vector>, before);
      before += sums[row][i];
      store(before, to);
    }
  }
}

template <typename Vector, std::int64_t vectors>
[[gnu::always_inline]] inline void product_of_rows(const Operands& o, std::int64_t rows) {
  switch (rows) {
    case 1:
      return block_product<Vector, 1, vectors>(o);
    case 2:
      return block_product<Vector, 2, vectors>(o);
    case 3:
      return block_product<Vector, 3, vectors>(o);
    case 4:
      return block_product<Vector, 4, vectors>(o);
    case 5:
      return block_product<Vector, 5, vectors>(o);
    default:
      return block_product<Vector, rows_at_once, vectors>(o);
  }
}

/// Of some of the inner products, for all rows and columns.
template <typename Vector>
[[gnu::always_inline]] inline void product_of_terms(Operands o, std::int64_t rows) {
  const Operands all = o;
  for (std::int64_t column = 0; column < all.columns;
       column += vectors_at_once * lanes_in<Vector>) {
    for (std::int64_t row = 0; row < rows; row += rows_at_once) {
      o.a = all.a + row * all.row_step;
      o.b = all.b + column * all.order.column_step;
      o.c = all.c + row * all.columns + column;
      if (all.added) o.added = all.added + row * all.added_step + column;
      const std::int64_t some = std::min(rows - row, rows_at_once);
      if (all.columns - column == lanes_in<Vector>)
        product_of_rows<Vector, 1>(o, some);
      else
        product_of_rows<Vector, vectors_at_once>(o, some);
    }
  }
}

template <typename Vector>
[[gnu::always_inline]] inline void product(Operands o, std::int64_t rows) {
  const std::int64_t terms = o.inner;
  for (std::int64_t first = 0; first < terms; first += terms_at_once) {
    o.inner = std::min(terms - first, terms_at_once);
    product_of_terms<Vector>(o, rows);
    o.a += o.inner * o.inner_step;
    o.b += o.inner * o.order.inner_step;
    o.added = o.c;
    o.added_step = o.columns;
  }
}

/// Of so many columns together, a number that the loop's addresses are made of.
template <typename Vector, std::int64_t together>
[[gnu::always_inline]] inline void product_in_order(Operands o, std::int64_t rows) {
  const bool in_one = together > lanes_in<Vector>;
  o.order = {together, in_one ? lanes_in<Vector> : o.inner * together, o.inner};
  product<Vector>(o, rows);
}

template <typename Vector>
[[gnu::always_inline]] inline void multiply_each(const SmallProducts& sizes,
                                                 Matrices<const float> a, Matrices<const float> b,
                                                 Matrices<float> c, const float* added) {
  const auto [count, rows, inner, columns] = sizes;
  for (std::int64_t i = 0; i < count; ++i) {
    const Operands each{a.values + i * a.step,
                        b.values + i * b.step,
                        c.values + i * c.step,
                        added,
                        0,
                        inner,
                        1,
                        Order{},
                        inner,
                        columns};
    if (suits_wide_lanes(columns))
      product_in_order<Vector, lanes_in<WideLanes>>(each, rows);
    else
      product_in_order<Vector, lane_count>(each, rows);
  }
}

template <typename Vector>
[[gnu::always_inline]] inline void add_each(const SmallProducts& sizes, Matrices<const float> a,
                                            Matrices<const float> b, Matrices<float> c) {
  const auto [count, rows, inner, columns] = sizes;
  for (std::int64_t i = 0; i < count; ++i) {
    float* sums = c.values + i * c.step;
    // In one go: each addition to what is a long sum already rounds to the whole of it.
    product_of_terms<Vector>({a.values + i * a.step, b.values + i * b.step, sums, sums, columns, 1,
                              rows, Order{columns, lanes_in<Vector>, 1}, inner, columns},
                             rows);
  }
}

}  // namespace

void multiply(const SmallProducts& sizes, Matrices<const float> a, Matrices<const float> b,
              Matrices<float> c, const float* added) {
  if (suits_wide_lanes(sizes.columns))
    return run_for_processor<multiply_each<Lanes>, multiply_each<WideLanes>>(sizes, a, b, c, added);
  run_for_processor<multiply_each<Lanes>>(sizes, a, b, c, added);
}

void add_transposed_products(const SmallProducts& sizes, Matrices<const float> a,
                             Matrices<const float> b, Matrices<float> c) {
  if (suits_wide_lanes(sizes.columns))
    return run_for_processor<add_each<Lanes>, add_each<WideLanes>>(sizes, a, b, c);
  run_for_processor<add_each<Lanes>>(sizes, a, b, c);
}

}  // namespace seg::net
