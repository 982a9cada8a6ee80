#include "seg/net/pretrained.hpp"

#include <regex>
#include <set>

#include "seg/net/checkpoint_file.hpp"
#include "seg/plan/error.hpp"
#include "weights/adaptation.hpp"
#include "weights/named_tensors.hpp"

namespace seg::net {
namespace {

constexpr char encoder_prefix[] = "encoder.";

// Names under which a file of the encoder alone has a tensor, then the network's own: the last one
// counts. ImageNet's files number EfficientNet's blocks throughout, without stacks.
Names spellings(const Names& own) {
  static const std::regex stacked("(.*_blocks)\\.\\d+(\\.\\d+\\..*)");
  Names result;
  for (const auto& name : own) {
    if (name.rfind(encoder_prefix, 0) != 0) continue;
    const auto bare = name.substr(std::size(encoder_prefix) - 1);
    result.push_back(std::regex_replace(bare, stacked, "$1$2"));
    result.push_back(bare);
  }
  result.insert(result.end(), own.begin(), own.end());
  return result;
}

bool differ_only_in(const at::Tensor& a, const at::Tensor& b, std::pair<int, int> axes) {
  if (a.dim() != b.dim() || a.dim() < 4) return false;
  for (int axis = 0; axis < a.dim(); ++axis) {
    const bool free = axis >= axes.first && axis < axes.second;
    if (!free && a.size(axis) != b.size(axis)) return false;
  }
  return true;
}

at::Tensor resampled_kernel(const at::Tensor& kernel, const at::Tensor& like) {
  const auto precise = kernel.to(at::kFloat);
  const auto size = like.sizes().slice(2);
  return kernel.dim() == 4 ? at::upsample_bilinear2d(precise, size, false)
                           : at::upsample_trilinear3d(precise, size, false);
}

at::Tensor repeated_inputs(const at::Tensor& kernel, const at::Tensor& like) {
  return kernel.expand(like.sizes());
}

class TakeOver {
 public:
  TakeOver(const Network& network, PretrainedOptions options, bool adapts)
      : network_(network), options_(options), adapts_(adapts) {}

  void consider(const OwnTensor& own, const at::Tensor* given) {
    const auto& name = own.names.front();
    if (options_.fresh_heads && is_head(network_, name)) {
      report.fresh.push_back(name);
    } else if (given) {
      fit(own, *given);
    } else if (!is_counter(name)) {
      report.missing.push_back(name);
    }
  }

  PretrainedReport report;
  std::vector<std::pair<at::Tensor, at::Tensor>> copies;

 private:
  void fit(const OwnTensor& own, const at::Tensor& given) {
    const auto& [tensor, names] = own;
    const auto& name = names.front();
    if (given.sizes() == tensor.sizes()) {
      take(report.loaded, own, given);
    } else if (adapts_) {
      adapt(own, given);
    } else if (differ_only_in(given, tensor, {2, 5})) {
      take(report.resampled, own, resampled_kernel(given, tensor));
    } else if (differ_only_in(given, tensor, {1, 2}) && given.size(1) == 1 &&
               !is_head(network_, name)) {
      take(report.widened, own, repeated_inputs(given, tensor));
    } else {
      report.mismatched.push_back(shape_difference(name, given, tensor));
    }
  }

  void adapt(const OwnTensor& own, const at::Tensor& given) {
    const at::Tensor weight = adapted_weight(given, own.tensor);
    if (!weight.defined())
      report.mismatched.push_back(shape_difference(own.names.front(), given, own.tensor));
    else
      take(given.size(1) == own.tensor.size(1) ? report.averaged : report.widened, own, weight);
  }

  void take(Names& kind, const OwnTensor& own, const at::Tensor& weight) {
    kind.push_back(own.names.front());
    copies.emplace_back(own.tensor, weight);
  }

  const Network& network_;
  PretrainedOptions options_;
  bool adapts_;
};

}  // namespace

Names PretrainedReport::taken_over() const {
  Names names;
  for (const auto* kind : {&loaded, &resampled, &averaged, &widened}) {
    names.insert(names.end(), kind->begin(), kind->end());
  }
  return names;
}

bool is_head(const Network& network, const std::string& name) {
  const auto heads = network.heads();
  return std::any_of(heads.begin(), heads.end(),
                     [&](const auto& head) { return name.rfind(head + ".", 0) == 0; });
}

const Value& weights_in(const Value& checkpoint) {
  for (const auto* key : {"network_weights", "state_dict", "model"}) {
    const Value* weights = checkpoint.find(key);
    if (weights && weights->is_dict()) return *weights;
  }
  return checkpoint;
}

PretrainedReport take_over_weights(Network& network, const Value& checkpoint,
                                   const PretrainedOptions& options, const std::string& source) {
  auto given = tensors_of(weights_in(checkpoint), source);
  const auto adaptation = adaptation_of(checkpoint, source);
  if (adaptation) given = adapted_names(given, *adaptation);
  TakeOver taken(network, options, adaptation.has_value());
  std::set<std::string> known;
  for (const auto& own : own_tensors(network)) {
    const auto names = spellings(own.names);
    known.insert(names.begin(), names.end());
    taken.consider(own, last_given(given, names));
  }
  for (const auto& [name, tensor] : given) {
    if (!known.count(name)) taken.report.unexpected.push_back(name);
  }
  if (taken.copies.empty()) {
    throw Error(ErrorKind::bad_model, {source, "no tensor in it fits this network",
                                       "give weights of the network that the plan names"});
  }
  copy_all(taken.copies);
  return taken.report;
}

PretrainedReport load_pretrained(Network& network, const std::filesystem::path& file,
                                 const PretrainedOptions& options) {
  return take_over_weights(network, read_checkpoint(file), options, file.string());
}

std::vector<std::string> summary(const PretrainedReport& report) {
  const std::pair<const Names&, std::string> kinds[] = {
      {report.loaded, "loaded"},
      {report.resampled, "with resampled kernels"},
      {report.averaged, "with averaged kernels"},
      {report.widened, "repeated over the input channels"},
      {report.fresh, "heads drawn anew"},
      {report.missing, "not in the file"},
      {report.mismatched, "of another shape"},
      {report.unexpected, "only in the file"}};
  std::vector<std::string> lines;
  for (const auto& [names, what] : kinds) {
    if (!names.empty()) lines.push_back(shortened(names, what));
  }
  return lines;
}

}  // namespace seg::net
