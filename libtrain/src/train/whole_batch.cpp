#include "seg/train/whole_batch.hpp"

#include <string>
#include <vector>

namespace seg::train {

at::Tensor sum_of_ranks(const at::Tensor& own, data::Ranks* ranks) {
  if (!ranks) return own;
  const at::Tensor total =
      own.detach().to(at::kCPU, /*non_blocking=*/false, /*copy=*/true).contiguous();
  ranks->sum(total);
  return total.to(own.device()) + (own - own.detach());
}

at::Tensor mean_of_ranks(const at::Tensor& own, data::Ranks* ranks) {
  if (!ranks) return own.mean();
  const at::Tensor sum = own.sum().to(at::kDouble);
  const at::Tensor count = at::full_like(sum, static_cast<double>(own.numel()));
  const at::Tensor of_all = sum_of_ranks(at::stack({sum, count}), ranks);
  return (of_all[0] / of_all[1]).to(own.scalar_type());
}

at::Tensor values_of_ranks(const at::Tensor& own, data::Ranks* ranks) {
  if (!ranks) return own.flatten();
  const at::Tensor values = own.detach().to(at::kCPU, at::kFloat).contiguous();
  const auto texts = ranks->gather({static_cast<const char*>(values.data_ptr()), values.nbytes()});
  std::vector<at::Tensor> parts;
  for (const std::string& text : texts) {
    const auto count = static_cast<std::int64_t>(text.size() / sizeof(float));
    const at::Tensor part = at::empty({count}, at::kFloat);
    text.copy(static_cast<char*>(part.data_ptr()), text.size());
    parts.push_back(part.to(own.device()));
  }
  parts[static_cast<std::size_t>(ranks->rank())] = own.flatten();
  return at::cat(parts);
}

}  // namespace seg::train
