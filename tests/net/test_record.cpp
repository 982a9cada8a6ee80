#include "seg/net/record.hpp"

#include <ATen/Parallel.h>
#include <torch/csrc/jit/runtime/graph_executor.h>

#include "catch.hpp"
#include "net/small_networks.hpp"

using namespace seg;
using namespace seg::test;

namespace {

at::Tensor run(const std::shared_ptr<torch::jit::Graph>& graph, const at::Tensor& x) {
  torch::jit::GraphExecutor executor(graph, "forward");
  torch::jit::Stack stack{x};
  executor.run(stack);
  return stack.at(0).toTensor();
}

bool is_of_libtorch(const torch::jit::Node& node) {
  const std::string name = node.kind().toQualString();
  return name.starts_with("prim::") ||
         (name.starts_with("aten::") && name.find("mkldnn") == std::string::npos);
}

}  // namespace

TEST_CASE("a recorded network of any family computes as the network does, for any batch") {
  const at::NoGradGuard no_gradients;
  const auto index = GENERATE(range(std::size_t{0}, small_networks().size()));
  const SmallNetwork& description = small_networks()[index];
  INFO(description.class_name << " " << description.arguments);
  const auto network = filled_network(description);
  const at::Tensor x = input_for(description, 2);
  const at::Tensor expected = network->forward(x).front();
  const auto graph = net::record(*network, x.sizes());
  REQUIRE(graph->inputs().size() == 1);
  REQUIRE(graph->outputs().size() == 1);
  for (const auto* node : graph->nodes()) CHECK(is_of_libtorch(*node));
  const at::Tensor found = run(graph, x);
  REQUIRE(found.sizes() == expected.sizes());
  const double gap = (found - expected).abs().max().item<double>();
  CHECK(gap < 2e-4 * expected.abs().max().item<double>());
}

TEST_CASE("a network computes with its own kernels again after it was recorded") {
  const at::NoGradGuard no_gradients;
  const auto network = filled_network(small_networks().front());
  const at::Tensor x = input_for(small_networks().front(), 1);
  const at::Tensor before = network->forward(x).front();
  net::record(*network, x.sizes());
  CHECK(at::equal(network->forward(x).front(), before));
}

TEST_CASE("recording refuses a patch that the network does not take") {
  const auto network = filled_network(small_networks().front());
  CHECK_THROWS_AS(net::record(*network, {1, 2, 8, 33, 32}), Error);
  CHECK_THROWS_AS(net::record(*network, {1, 3, 8, 32, 32}), Error);
}
