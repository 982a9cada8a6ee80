#include "train/gradient_exchange.hpp"

#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>

#include <future>
#include <ranges>

namespace seg::train {
namespace {

/// Large enough for a link to be used well, and small enough for the first to leave early.
constexpr std::int64_t kBucketBytes = std::int64_t{8} << 20;

}  // namespace

/// Gradients that travel together.
struct GradientExchange::Bucket {
  struct Entry {
    at::Tensor parameter, part;  ///< its place in `values`
    bool here = false;           ///< the backward pass has brought it
  };
  at::Tensor values;  ///< on the CPU
  std::vector<Entry> entries;
  std::size_t here = 0;
  std::future<void> sum;
};

class GradientExchange::Hook : public torch::autograd::PostAccumulateGradHook {
 public:
  Hook(GradientExchange& exchange, std::size_t bucket, std::size_t entry)
      : exchange_(exchange), bucket_(bucket), entry_(entry) {}
  void operator()(const torch::autograd::Variable&) override { exchange_.arrived(bucket_, entry_); }

 private:
  GradientExchange& exchange_;
  std::size_t bucket_, entry_;
};

GradientExchange::GradientExchange(const std::vector<at::Tensor>& parameters, at::ScalarType type,
                                   data::Ranks& ranks)
    : parameters_(parameters), type_(type), ranks_(ranks) {
  const std::int64_t element = static_cast<std::int64_t>(c10::elementSize(type));
  std::int64_t bytes = kBucketBytes;
  for (const at::Tensor& parameter : parameters_ | std::views::reverse) {
    if (bytes >= kBucketBytes) {
      buckets_.emplace_back();
      bytes = 0;
    }
    buckets_.back().entries.push_back({parameter, {}, false});
    bytes += parameter.numel() * element;
  }
  for (std::size_t number = 0; number < buckets_.size(); ++number) {
    Bucket& bucket = buckets_[number];
    std::int64_t numbers = 0;
    for (const Bucket::Entry& entry : bucket.entries) numbers += entry.parameter.numel();
    bucket.values = at::empty({numbers}, type_);
    std::int64_t first = 0;
    for (std::size_t i = 0; i < bucket.entries.size(); ++i) {
      Bucket::Entry& entry = bucket.entries[i];
      const std::int64_t count = entry.parameter.numel();
      entry.part = bucket.values.narrow(0, first, count).view(entry.parameter.sizes());
      first += count;
      torch::autograd::impl::set_post_acc_grad_hooks(entry.parameter,
                                                     std::make_unique<Hook>(*this, number, i));
    }
  }
}

GradientExchange::~GradientExchange() {
  for (const at::Tensor& parameter : parameters_)
    torch::autograd::impl::set_post_acc_grad_hooks(parameter, nullptr);
}

void GradientExchange::arrived(std::size_t number, std::size_t i) {
  Bucket& bucket = buckets_[number];
  Bucket::Entry& entry = bucket.entries[i];
  entry.part.copy_(entry.parameter.grad().detach());
  if (!std::exchange(entry.here, true)) ++bucket.here;
  while (sent_ < buckets_.size() && buckets_[sent_].here == buckets_[sent_].entries.size())
    send(buckets_[sent_]);
}

void GradientExchange::send(Bucket& bucket) {
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
  for (Bucket& bucket : buckets_) {
    ranks_.finish(std::move(bucket.sum));
    for (Bucket::Entry& entry : bucket.entries)
      if (std::exchange(entry.here, false)) entry.parameter.mutable_grad().copy_(entry.part);
    bucket.here = 0;
  }
  sent_ = 0;
}

}  // namespace seg::train
