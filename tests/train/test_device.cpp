#include "seg/train/device.hpp"

#include "catch.hpp"
#include "seg/plan/error.hpp"

using namespace seg;
using namespace seg::train;

TEST_CASE("the CPU is always there, unknown devices are refused") {
  CHECK(choose_device("cpu").is_cpu());
  CHECK_NOTHROW(choose_device("auto"));
  CHECK_THROWS_AS(choose_device("gpu"), Error);
  CHECK_THROWS_AS(choose_device("cuda:99"), Error);
}

TEST_CASE("precisions are checked against the device") {
  CHECK(choose_precision("fp32", at::kCPU) == at::kFloat);
  CHECK(choose_precision("bf16", at::kCPU) == at::kBFloat16);
  CHECK(choose_precision("auto", at::kCUDA) == at::kHalf);
  CHECK(choose_precision("auto", at::kCPU) != at::kHalf);
  CHECK_THROWS_AS(choose_precision("fp16", at::kCPU), Error);
  CHECK_THROWS_AS(choose_precision("half", at::kCPU), Error);
  CHECK(precision_name(choose_precision("bf16", at::kCPU)) == "bf16");
}

TEST_CASE("a negative number of threads is refused") { CHECK_THROWS_AS(set_threads(-1), Error); }
