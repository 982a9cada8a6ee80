#include "shared_sum.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>

namespace seg::data {
namespace {

float from_bfloat16(std::uint16_t value) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(value) << 16);
}

/// Rounded to nearest, to even between two.
std::uint16_t to_bfloat16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if (value != value) return 0x7fc0;
  return static_cast<std::uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

template <typename Number>
void add(const void* values, void* sums, const std::vector<int>& here) {
  const auto* from = static_cast<const Number*>(values);
  auto* to = static_cast<Number*>(sums);
  const int own = here.front();
  std::copy_n(from, own, to);
  for (std::size_t rank = 1; rank < here.size(); ++rank) {
    from += own;
    for (int i = 0; i < own; ++i) to[i] += from[i];
  }
}

/// Rounded once.
void add_bfloat16(const void* values, void* sums, const std::vector<int>& here) {
  const auto* from = static_cast<const std::uint16_t*>(values);
  std::vector<float> total(static_cast<std::size_t>(here.front()));
  for (std::size_t rank = 0; rank < here.size(); ++rank)
    for (float& sum : total) sum += from_bfloat16(*from++);
  std::ranges::transform(total, static_cast<std::uint16_t*>(sums), to_bfloat16);
}

}  // namespace

SharedSum::Kind SharedSum::kind_of(RankNumber type) {
  switch (type) {
    case RankNumber::int64:
      return {MPI_INT64_T, 8, add<std::int64_t>};
    case RankNumber::float64:
      return {MPI_DOUBLE, 8, add<double>};
    case RankNumber::bfloat16:
      return {MPI_UINT16_T, 2, add_bfloat16};
    case RankNumber::float32:
      break;
  }
  return {MPI_FLOAT, 4, add<float>};
}

SharedSum::SharedSum(const RankSum& sum, int rank, int count)
    : sum_(sum), kind_(kind_of(sum.type)) {
  const auto ranks = static_cast<std::size_t>(count);
  const auto end_of = [&](std::size_t other) {
    return static_cast<int>(sum.count * other / ranks);
  };
  for (std::size_t other = 0; other < ranks; ++other) {
    firsts_.push_back(end_of(other));
    numbers_.push_back(end_of(other + 1) - end_of(other));
  }
  const auto own = static_cast<std::size_t>(rank);
  own_first_ = firsts_[own];
  here_.assign(ranks, numbers_[own]);
  for (int other = 0; other < count; ++other) places_.push_back(other * numbers_[own]);
  values_ = std::make_unique_for_overwrite<std::byte[]>(static_cast<std::size_t>(numbers_[own]) *
                                                        ranks * kind_.bytes);
}

void SharedSum::spread(MPI_Comm all, MPI_Request& request) {
  MPI_Ialltoallv(sum_.values, numbers_.data(), firsts_.data(), kind_.type, values_.get(),
                 here_.data(), places_.data(), kind_.type, all, &request);
}

void SharedSum::add_up_and_return(MPI_Comm all, MPI_Request& request) {
  auto* values = static_cast<std::byte*>(sum_.values);
  kind_.add(values_.get(), values + static_cast<std::size_t>(own_first_) * kind_.bytes, here_);
  MPI_Iallgatherv(MPI_IN_PLACE, 0, kind_.type, sum_.values, numbers_.data(), firsts_.data(),
                  kind_.type, all, &request);
}

}  // namespace seg::data
