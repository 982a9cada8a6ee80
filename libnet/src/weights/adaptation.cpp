#include "weights/adaptation.hpp"

#include "seg/plan/error.hpp"

namespace seg::net {
namespace {

constexpr char kEncoder[] = "encoder.stages", kStem[] = "encoder.stem";

std::string text(const Value& plan, const char* key, const std::string& source) {
  if (const Value* found = plan.find(key)) return found->as<std::string>(source + ": " + key);
  throw Error(ErrorKind::bad_model, {source, std::string("its nnssl_adaptation_plan has no ") + key,
                                     "take a checkpoint that nnssl prepared for fine-tuning"});
}

bool is_below(const std::string& name, const std::string& prefix) {
  return name.starts_with(prefix) && name.size() > prefix.size() && name[prefix.size()] == '.';
}

}  // namespace

std::optional<Adaptation> adaptation_of(const Value& checkpoint, const std::string& source) {
  const Value* plan = checkpoint.is_dict() ? checkpoint.find("nnssl_adaptation_plan") : nullptr;
  if (!plan) return std::nullopt;
  return Adaptation{text(*plan, "key_to_encoder", source), text(*plan, "key_to_stem", source)};
}

TensorsByName adapted_names(const TensorsByName& given, const Adaptation& adaptation) {
  TensorsByName adapted;
  for (const auto& [name, tensor] : given) {
    const auto& [encoder, stem] = adaptation;
    if (is_below(name, encoder))
      adapted.emplace(kEncoder + name.substr(encoder.size()), tensor);
    else if (is_below(name, stem))
      adapted.emplace(kStem + name.substr(stem.size()), tensor);
  }
  return adapted;
}

at::Tensor adapted_weight(const at::Tensor& weight, const at::Tensor& like) {
  if (weight.dim() != like.dim() || weight.dim() < 4) return {};
  at::Tensor adapted = weight;
  if (weight.size(1) == 1 && like.size(1) > 1) {
    std::vector<std::int64_t> repeats(static_cast<std::size_t>(weight.dim()), 1);
    repeats[1] = like.size(1);
    adapted = weight.repeat(repeats) / static_cast<double>(like.size(1));
  }
  for (std::int64_t axis = 2; axis < weight.dim(); ++axis)
    if (like.size(axis) == 1) adapted = adapted.mean(axis, true);
  return adapted.sizes() == like.sizes() ? adapted : at::Tensor();
}

}  // namespace seg::net
