#include "predict/engine.hpp"

#include <filesystem>

#include "catch.hpp"
#include "net/small_networks.hpp"
#include "seg/data/plugin.hpp"
#include "seg/plan/error.hpp"
#include "skip.hpp"

using namespace seg;
using namespace seg::test;

namespace {

bool without_openvino() {
  if (std::filesystem::exists(data::plugin_file("openvino"))) return false;
  skip("this build is without OpenVINO");
  return true;
}

train::SlidingWindowOptions window_of(const SmallNetwork& description) {
  train::SlidingWindowOptions window;
  window.patch_size = description.patch;
  window.engine = "openvino";
  return window;
}

/// Of the largest logit.
double deviation(const at::Tensor& found, const at::Tensor& expected) {
  REQUIRE(found.sizes() == expected.sizes());
  return ((found - expected).abs().max() / expected.abs().max()).item<double>();
}

/// Logits of two items by the network itself and by the engine.
double deviation_of_engine(const SmallNetwork& description, train::SlidingWindowOptions window) {
  const at::NoGradGuard no_gradients;
  train::Networks networks{filled_network(description)};
  const at::Tensor x = input_for(description, 2);
  const at::Tensor expected = networks[0]->forward(x).front();
  train::start_networks(networks, 2, window);
  return deviation(networks[0]->forward(x).front(), expected);
}

}  // namespace

TEST_CASE("OpenVINO computes the networks of every family") {
  if (without_openvino()) return;
  const auto index = GENERATE(range(std::size_t{0}, small_networks().size()));
  const SmallNetwork& description = small_networks()[index];
  INFO(description.class_name << " " << description.arguments);
  const double found = deviation_of_engine(description, window_of(description));
  CAPTURE(found);
  CHECK(found < 1e-4);
}

TEST_CASE("OpenVINO computes with bf16 where it has it, and says where not") {
  if (without_openvino()) return;
  auto window = window_of(small_networks().front());
  window.precision = at::kBFloat16;
  try {
    const double found = deviation_of_engine(small_networks().front(), window);
    CHECK(found > 1e-5);
    CHECK(found < 0.1);
  } catch (const Error& error) {
    CHECK(std::string(error.what()).find("precision") != std::string::npos);
  }
}

TEST_CASE("an engine that is unknown or cannot compute there is refused") {
  auto window = window_of(small_networks().front());
  window.engine = "foo";
  CHECK_THROWS_WITH(train::check_engine(window), "engine foo: is unknown; use seg or openvino");
  window.engine = "openvino";
  window.device = at::kCUDA;
  CHECK_THROWS_AS(train::check_engine(window), Error);
}
