#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "catch.hpp"
#include "devices.hpp"
#include "thread_ranks.hpp"
#include "train/gradient_exchange.hpp"

using namespace seg;
using seg::test::play_ranks;
using seg::train::GradientExchange;

namespace {

/// Each more than a bucket, so that each has one of its own; of different sizes.
std::vector<at::Tensor> large_parameters(at::Device device = at::kCPU) {
  std::vector<at::Tensor> parameters;
  for (const std::int64_t size : {400'000, 500'000, 600'000})
    parameters.push_back(at::linspace(0, 1, size).to(device).requires_grad_());
  return parameters;
}

/// Used one after the other, so that the backward pass brings the last one's gradient first.
at::Tensor result_of(const std::vector<at::Tensor>& parameters, const std::vector<int>& order,
                     double factor) {
  at::Tensor value = at::full({1}, factor, parameters.front().options().requires_grad(false));
  for (const int number : order)
    value = value + (parameters[static_cast<std::size_t>(number)] * value).mean();
  return value.sum();
}

/// The first of two ranks, of which the other brings zeros; notes which sums were begun.
class NotingEngine : public data::RankEngine {
 public:
  explicit NotingEngine(std::vector<std::size_t>& begun) : begun_(begun) {}
  int rank() const override { return 0; }
  int count() const override { return 2; }
  data::SumDone start_sum(const data::RankSum& sum) override {
    begun_.push_back(sum.count);
    std::promise<std::chrono::steady_clock::time_point> done;
    done.set_value(std::chrono::steady_clock::now());
    return done.get_future();
  }
  std::vector<std::string> gather(const std::string& own) override { return {own, own}; }
  void broadcast(void*, std::size_t) override {}
  void wait_for_all() override {}
  void restart_counter() override {}
  std::int64_t next() override { return 0; }
  void fail(int) override {}

 private:
  std::vector<std::size_t>& begun_;
};

/// Where ranks may learn, each list one run: on processors, on one GPU that they share, and on GPUs
/// of their own, which sum by themselves.
std::vector<std::vector<at::Device>> places_of_ranks() {
  std::vector<std::vector<at::Device>> places;
  for (const at::Device device : seg::test::devices()) places.push_back({3, device});
  const auto gpus = static_cast<at::DeviceIndex>(torch::cuda::device_count());
  if (gpus < 2) return places;
  places.emplace_back();
  for (at::DeviceIndex gpu = 0; gpu < gpus; ++gpu) places.back().emplace_back(at::kCUDA, gpu);
  return places;
}

/// The gradients of the sum over all ranks.
std::vector<at::Tensor> summed_alone(const std::vector<int>& order, std::size_t ranks) {
  const auto parameters = large_parameters();
  for (std::size_t rank = 0; rank < ranks; ++rank)
    result_of(parameters, order, static_cast<double>(rank) + 1).backward();
  std::vector<at::Tensor> gradients;
  for (const at::Tensor& parameter : parameters) gradients.push_back(parameter.grad());
  return gradients;
}

void check_gradients(const std::vector<at::Tensor>& parameters,
                     const std::vector<at::Tensor>& expected) {
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const at::Tensor &found = parameters[i].grad(), &wanted = expected[i];
    if (found.defined() != wanted.defined() ||
        (found.defined() && !at::allclose(found.cpu(), wanted)))
      throw std::runtime_error("a wrong gradient of parameter " + std::to_string(i));
  }
}

}  // namespace

TEST_CASE(
    "gradients are sent while the backward pass goes on, in the order in which it brings them") {
  const auto parameters = large_parameters();
  std::vector<std::size_t> begun;
  data::Ranks ranks(std::make_unique<NotingEngine>(begun));
  GradientExchange exchange(parameters, at::kFloat, ranks);
  result_of(parameters, {1, 2, 0}, 1).backward();
  exchange.finish();
  CHECK(begun == std::vector<std::size_t>{600'000, 500'000, 400'000});  // no order is known yet

  begun.clear();
  std::vector<std::size_t> begun_before;  // the first parameter's gradient was there
  parameters[1].register_hook([&](const at::Tensor&) { begun_before = begun; });
  result_of(parameters, {1, 2, 0}, 1).backward();
  CHECK(begun_before == std::vector<std::size_t>{400'000, 600'000});
  CHECK(begun == std::vector<std::size_t>{400'000, 600'000, 500'000});
  exchange.finish();
  CHECK(begun.size() == 3);
}

TEST_CASE("ranks get the sum of their gradients, whatever order the backward pass brings them in",
          "[gpu]") {
  const auto places = places_of_ranks();
  for (const std::vector<int>& order : {std::vector<int>{0, 1, 2}, {2, 0, 1}, {1, 2}}) {
    for (const auto& devices : places) {
      const auto expected = summed_alone(order, devices.size());
      play_ranks(static_cast<int>(devices.size()), [&](data::Ranks& ranks) {
        const auto parameters = large_parameters(devices[static_cast<std::size_t>(ranks.rank())]);
        GradientExchange exchange(parameters, at::kFloat, ranks);
        for (int pass = 0; pass < 3; ++pass) {
          for (const at::Tensor& parameter : parameters) parameter.mutable_grad().reset();
          result_of(parameters, order, ranks.rank() + 1).backward();
          exchange.finish();
          check_gradients(parameters, expected);
        }
      });
    }
  }
}
