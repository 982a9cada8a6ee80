#include "train/gradient_exchange.hpp"

#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>

#include <algorithm>
#include <ranges>

namespace seg::train {
namespace {

/// Large enough for a link to be used well, and so small that little is left to be sent when the
/// backward pass ends: at the network's beginning, where parameters are few and computing is long.
constexpr std::int64_t kBucketBytes = std::int64_t{1} << 20;

/// Roughly how the backward pass goes.
std::vector<std::int64_t> from_end_to_beginning(std::size_t count) {
  std::vector<std::int64_t> order;
  for (std::size_t number = count; number-- > 0;)
    order.push_back(static_cast<std::int64_t>(number));
  return order;
}

}  // namespace

/// Gradients that travel together.
struct GradientExchange::Bucket {
  struct Entry {
    at::Tensor parameter, part;  ///< its place in `values`
    bool here = false;           ///< the backward pass has brought it
  };
  at::Tensor values;  ///< where they are summed
  std::vector<Entry> entries;
  std::size_t here = 0;
  data::RunningSum sum;

  void make_room(at::TensorOptions place) {
    std::int64_t numbers = 0;
    for (const Entry& entry : entries) numbers += entry.parameter.numel();
    values = at::empty({numbers}, place);
    std::int64_t first = 0;
    for (Entry& entry : entries) {
      entry.part = values.narrow(0, first, entry.parameter.numel()).view(entry.parameter.sizes());
      first += entry.parameter.numel();
    }
  }
};

class GradientExchange::Hook : public torch::autograd::PostAccumulateGradHook {
 public:
  Hook(GradientExchange& exchange, std::size_t parameter)
      : exchange_(exchange), parameter_(parameter) {}
  void operator()(const torch::autograd::Variable&) override { exchange_.arrived(parameter_); }

 private:
  GradientExchange& exchange_;
  std::size_t parameter_;
};

GradientExchange::GradientExchange(const std::vector<at::Tensor>& parameters, at::ScalarType type,
                                   data::Ranks& ranks)
    : parameters_(parameters),
      type_(type),
      ranks_(ranks),
      gpus_(join_gpus(parameters.at(0).device(), ranks)),
      places_(parameters.size()) {
  fill_buckets(from_end_to_beginning(parameters_.size()));
  for (std::size_t number = 0; number < parameters_.size(); ++number)
    torch::autograd::impl::set_post_acc_grad_hooks(parameters_[number],
                                                   std::make_unique<Hook>(*this, number));
}

GradientExchange::~GradientExchange() {
  for (const at::Tensor& parameter : parameters_)
    torch::autograd::impl::set_post_acc_grad_hooks(parameter, nullptr);
}

void GradientExchange::fill_buckets(const std::vector<std::int64_t>& order) {
  const auto element = static_cast<std::int64_t>(c10::elementSize(type_));
  buckets_.clear();
  std::int64_t bytes = kBucketBytes;
  for (const std::int64_t number : order) {
    const at::Tensor& parameter = parameters_[static_cast<std::size_t>(number)];
    if (bytes >= kBucketBytes) {
      buckets_.emplace_back();
      bytes = 0;
    }
    Bucket& bucket = buckets_.back();
    places_[static_cast<std::size_t>(number)] = {buckets_.size() - 1, bucket.entries.size()};
    bucket.entries.push_back({parameter, {}, false});
    bytes += parameter.numel() * element;
  }
  const at::Device device = gpus_ ? parameters_.front().device() : at::kCPU;
  for (Bucket& bucket : buckets_) bucket.make_room(at::device(device).dtype(type_));
}

void GradientExchange::arrived(std::size_t parameter) {
  const Place& place = places_[parameter];
  Bucket& bucket = buckets_[place.bucket];
  Bucket::Entry& entry = bucket.entries[place.entry];
  entry.part.copy_(entry.parameter.grad().detach());
  if (!std::exchange(entry.here, true)) ++bucket.here;
  if (!order_is_known_) arrivals_.push_back(static_cast<std::int64_t>(parameter));
  while (sent_ < buckets_.size() && buckets_[sent_].here == buckets_[sent_].entries.size())
    send(buckets_[sent_]);
}

void GradientExchange::send(Bucket& bucket) {
  if (gpus_)
    gpus_->start(bucket.values);
  else
    bucket.sum = ranks_.start_sum(bucket.values);
  ++sent_;
}

void GradientExchange::finish() {
  const at::NoGradGuard no_gradient;
  while (sent_ < buckets_.size()) {
    for (const Bucket::Entry& entry : buckets_[sent_].entries)
      if (!entry.here) entry.part.zero_();
    send(buckets_[sent_]);
  }
  if (gpus_) gpus_->finish();
  for (Bucket& bucket : buckets_) {
    if (!gpus_) ranks_.finish(std::move(bucket.sum));
    for (Bucket::Entry& entry : bucket.entries)
      if (std::exchange(entry.here, false)) entry.parameter.mutable_grad().copy_(entry.part);
    bucket.here = 0;
  }
  sent_ = 0;
  if (!order_is_known_) take_over_order();
}

/// What brought none comes last.
void GradientExchange::take_over_order() {
  std::vector<std::int64_t> order = arrivals_;
  for (const std::int64_t number : from_end_to_beginning(parameters_.size()))
    if (std::ranges::find(arrivals_, number) == arrivals_.end()) order.push_back(number);
  ranks_.take_over(
      at::from_blob(order.data(), {static_cast<std::int64_t>(order.size())}, at::kLong));
  fill_buckets(order);
  arrivals_.clear();
  order_is_known_ = true;
}

}  // namespace seg::train
