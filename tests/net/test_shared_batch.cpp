#include <ATen/ATen.h>

#include <barrier>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "layers/norm.hpp"
#include "seg/net/shared_batch.hpp"

using namespace seg;
using namespace seg::net;

namespace {

constexpr int kThreads = 3, kItems = 5;

/// Threads that play processes.
class Meeting {
 public:
  void sum(int thread, const at::Tensor& own) {
    values_[thread] = own;
    barrier_.arrive_and_wait();
    const at::Tensor total = values_[0] + values_[1] + values_[2];
    barrier_.arrive_and_wait();
    own.copy_(total);
  }

 private:
  std::barrier<> barrier_{kThreads};
  std::vector<at::Tensor> values_ = std::vector<at::Tensor>(kThreads);
};

std::shared_ptr<BatchNorm> drawn_norm() {
  at::manual_seed(3);
  auto norm = std::make_shared<BatchNorm>(4, NormOptions{.track_running_stats = true});
  const at::NoGradGuard no_gradient;
  norm->weight.uniform_(0.5, 1.5);
  norm->bias.uniform_(-1, 1);
  return norm;
}

}  // namespace

TEST_CASE("batch norms of processes that share a batch are those of the whole batch") {
  const auto alone = drawn_norm();
  at::manual_seed(4);
  const at::Tensor x = (at::randn({5, 4, 6, 7}) * 3 + 2).requires_grad_();
  const at::Tensor cost = at::randn({5, 4, 6, 7});
  const at::Tensor expected = alone->forward(x);
  (expected * cost).sum().backward();

  at::Tensor found = at::zeros_like(x), gradient = at::zeros_like(x);
  at::Tensor of_weight = at::zeros({4}), of_bias = at::zeros({4});
  std::vector<std::shared_ptr<BatchNorm>> norms(kThreads);
  for (auto& norm : norms) norm = drawn_norm();
  std::mutex mutex;
  Meeting meeting;
  const auto train = [&](int thread) {
    const int first = kItems * thread / kThreads, end = kItems * (thread + 1) / kThreads;
    const auto part = [&](const at::Tensor& whole) {
      return whole.detach().narrow(0, first, end - first);
    };
    const auto& norm = norms[thread];
    share_batch_norms(*norm, [&](const at::Tensor& own) { meeting.sum(thread, own); });
    const at::Tensor own = part(x).clone().requires_grad_();
    const at::Tensor result = norm->forward(own);
    (result * part(cost)).sum().backward();
    const std::lock_guard lock(mutex);
    part(found).copy_(result.detach());
    part(gradient).copy_(own.grad());
    of_weight += norm->weight.grad();
    of_bias += norm->bias.grad();
  };
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < kThreads; ++thread)
      threads.emplace_back([&, thread] { train(thread); });
  }
  CHECK(at::allclose(found, expected.detach(), 1e-5, 1e-6));
  CHECK(at::allclose(gradient, x.grad(), 1e-4, 1e-5));
  CHECK(at::allclose(of_weight, alone->weight.grad(), 1e-5, 1e-5));
  CHECK(at::allclose(of_bias, alone->bias.grad(), 1e-5, 1e-5));
  for (const auto& norm : norms) {
    CHECK(at::allclose(norm->running_mean, alone->running_mean, 1e-5, 1e-6));
    CHECK(at::allclose(norm->running_var, alone->running_var, 1e-5, 1e-6));
  }
}
