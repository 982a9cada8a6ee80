#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <vector>

#include "seg/data/parallel_cases.hpp"

#include "catch.hpp"

using namespace seg;

TEST_CASE("every case is worked on once, whatever the number of jobs") {
  for (const int jobs : {0, 1, 3, 50}) {
    std::vector<std::atomic<int>> visits(20);
    data::for_each_case(visits.size(), {jobs, "visiting"},
                        [&](std::size_t i, const Reporter&) { ++visits[i]; });
    CHECK(std::all_of(visits.begin(), visits.end(), [](const auto& n) { return n == 1; }));
  }
}

TEST_CASE("progress counts up from 0 to the number of cases") {
  std::vector<std::size_t> seen;
  Reporter reporter;
  reporter.progress = [&](const std::string& activity, std::size_t done, std::size_t total) {
    CHECK(activity == "visiting");
    CHECK(total == 9);
    seen.push_back(done);
  };
  data::for_each_case(9, {4, "visiting", reporter}, [](std::size_t, const Reporter&) {});
  CHECK(seen == std::vector<std::size_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
}

TEST_CASE("warnings of several threads arrive one at a time") {
  std::vector<std::string> lines;
  Reporter reporter;
  reporter.warning = [&](const std::string& line) { lines.push_back(line); };
  data::for_each_case(200, {4, "visiting", reporter},
                      [](std::size_t, const Reporter& serial) { serial.warn("w"); });
  CHECK(lines.size() == 200);
}

TEST_CASE("an exception of one case comes out and stops the rest") {
  std::atomic<int> visits{0};
  const auto work = [&](std::size_t i, const Reporter&) {
    ++visits;
    if (i == 2) throw std::runtime_error("case 2");
  };
  CHECK_THROWS_WITH(data::for_each_case(1000, {1, "visiting"}, work), "case 2");
  CHECK(visits == 3);
  CHECK_THROWS_WITH(data::for_each_case(1000, {2, "visiting"}, work), "case 2");
}
