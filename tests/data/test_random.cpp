#include <ATen/ATen.h>

#include <cmath>
#include <set>
#include <vector>

#include "seg/data/random.hpp"
//
#include "catch.hpp"

using seg::data::CountedRandom;
using seg::data::DrawPosition;
using seg::data::Purpose;

TEST_CASE("The same position and purpose give the same stream") {
  CountedRandom first({7, 3, 11, 2}, Purpose::dropout);
  CountedRandom second({7, 3, 11, 2}, Purpose::dropout);
  for (int i = 0; i < 20; ++i) REQUIRE(first.bits() == second.bits());
}

TEST_CASE("Every coordinate of the position and the purpose lead to another stream") {
  const std::vector<DrawPosition> positions{{7, 3, 11, 2}, {8, 3, 11, 2}, {7, 4, 11, 2},
                                            {7, 3, 12, 2}, {7, 3, 11, 3}, {7, 11, 3, 2}};
  std::set<std::uint64_t> starts;
  for (const auto& position : positions)
    for (auto purpose : {Purpose::case_choice, Purpose::patch_position, Purpose::phantom})
      starts.insert(CountedRandom(position, purpose).seed());
  CHECK(starts.size() == positions.size() * 3);
}

TEST_CASE("The stream is Philox 4x32-10 with the known answer for key and counter zero") {
  at::Philox4_32 engine(0, 0, 0);
  CHECK(engine() == 0x6627e8d5u);
  CHECK(engine() == 0xe169c58du);
}

TEST_CASE("Uniform numbers stay in their range and have its mean and variance") {
  CountedRandom random({1, 0, 0, 0}, Purpose::phantom);
  const int count = 20000;
  double sum = 0, squares = 0;
  for (int i = 0; i < count; ++i) {
    const double value = random.uniform(-2, 4);
    REQUIRE(value >= -2);
    REQUIRE(value < 4);
    sum += value;
    squares += (value - 1) * (value - 1);
  }
  CHECK(std::abs(sum / count - 1) < 4 * std::sqrt(3.0 / count));
  CHECK(std::abs(squares / count - 3) < 0.1);
  CHECK(random.uniform(0.5, 0.5) == 0.5);
}

TEST_CASE("Integers reach both ends and are equally likely") {
  CountedRandom random({2, 0, 0, 0}, Purpose::patch_position);
  const int count = 21000;
  std::vector<int> hits(7);
  for (int i = 0; i < count; ++i) ++hits[static_cast<std::size_t>(random.integer(-3, 3) + 3)];
  double chi_square = 0;
  for (int hit : hits) chi_square += std::pow(hit - count / 7.0, 2) / (count / 7.0);
  CHECK(chi_square < 22.5);  // 0.1 % quantile with 6 degrees of freedom
  CHECK(random.integer(5, 5) == 5);
}

TEST_CASE("A chance comes true as often as it says") {
  CountedRandom random({3, 0, 0, 0}, Purpose::dropout);
  int hits = 0;
  for (int i = 0; i < 10000; ++i) hits += random.chance(0.2);
  CHECK(std::abs(hits - 2000) < 160);
}
