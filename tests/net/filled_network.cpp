#include "net/filled_network.hpp"

#include <cmath>
#include <functional>
#include <set>

#include "seg/net/weights.hpp"

namespace seg::test {
namespace {

std::uint64_t fnv1a(const std::string& name) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const unsigned char byte : name) hash = (hash ^ byte) * 0x100000001b3ULL;
  return hash;
}

float unit(std::uint64_t hash, std::int64_t index) {
  std::uint64_t z = hash + static_cast<std::uint64_t>(index) + 0x9E3779B97F4A7C15ULL;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  z ^= z >> 31;
  return static_cast<float>(z >> 40) / 16777216.0F;
}

at::Tensor each(const std::string& name, at::IntArrayRef shape,
                const std::function<float(float)>& value) {
  at::Tensor result = at::empty(shape, at::kFloat);
  const auto hash = fnv1a(name);
  float* numbers = result.data_ptr<float>();
  for (std::int64_t i = 0; i < result.numel(); ++i) numbers[i] = value(unit(hash, i));
  return result;
}

float centred(float u) { return 2 * u - 1; }

at::Tensor filled_weight(const std::string& name, at::IntArrayRef shape) {
  if (shape.size() == 1) return each(name, shape, [](float u) { return 1 + 0.1F * centred(u); });
  const double per_output = static_cast<double>(c10::multiply_integers(shape.slice(1)));
  const auto scale = static_cast<float>(std::sqrt(3 / per_output));
  return each(name, shape, [scale](float u) { return centred(u) * scale; });
}

}  // namespace

float fill_unit(const std::string& name, std::int64_t index) { return unit(fnv1a(name), index); }

at::Tensor filled_input(const std::string& name, at::IntArrayRef shape) {
  return each(name, shape, centred);
}

at::Tensor filled_tensor(const std::string& name, at::IntArrayRef shape) {
  const std::string last = name.substr(name.rfind('.') + 1);
  if (last == "weight") return filled_weight(name, shape);
  if (last == "num_batches_tracked") return at::zeros(shape, at::kLong);
  if (last == "running_var") return each(name, shape, [](float u) { return 1 + 0.5F * u; });
  const float scale = last == "bias" || last == "running_mean" ? 0.1F : 0.5F;
  return each(name, shape, [scale](float u) { return scale * centred(u); });
}

void fill(net::Network& network) {
  const at::NoGradGuard no_gradients;
  std::set<const void*> done;
  for (const auto& [name, tensor] : net::state_dict(network)) {
    if (!done.insert(tensor.unsafeGetTensorImpl()).second) continue;
    tensor.copy_(filled_tensor(name, tensor.sizes()));
  }
}

}  // namespace seg::test
