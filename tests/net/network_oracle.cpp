#include "net/network_oracle.hpp"

#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <optional>

#include "net/activation_sides.hpp"
#include "net/filled_network.hpp"
#include "seg/net/weights.hpp"

namespace seg::test {
namespace {

using Shape = std::vector<std::int64_t>;

std::string number(double value) {
  std::ostringstream text;
  text << value;
  return text.str();
}

at::Tensor every(at::Tensor x, std::int64_t step) {
  for (std::int64_t axis = 2; axis < x.dim(); ++axis) x = x.slice(axis, 0, x.size(axis), step);
  return x;
}

std::map<std::string, at::Tensor> tensors_by_name(const net::Network& network) {
  std::map<std::string, at::Tensor> result;
  for (const auto& [name, tensor] : net::state_dict(network)) result.emplace(name, tensor);
  return result;
}

void backward_mean_square(const std::vector<at::Tensor>& heads) {
  at::Tensor loss = at::zeros({});
  for (const auto& head : heads) loss = loss + head.square().mean();
  (loss / static_cast<double>(heads.size())).backward();
}

// EGE-UNet's class gives probabilities, the main one last; here they are logits, the main one
// first.
std::vector<at::Tensor> in_upstreams_form(const Json& json, std::vector<at::Tensor> heads) {
  if (json.at("architecture") != "EGEUNet") return heads;
  std::reverse(heads.begin(), heads.end());
  for (auto& head : heads) head = head.sigmoid();
  return heads;
}

/// What a pass through the network gave; gradients by their first names.
struct Pass {
  std::vector<at::Tensor> heads;
  std::map<std::string, at::Tensor> gradients;
};

// Integers, such as a batch norm's counter, stay.
void convert(net::Network& network, at::ScalarType type) {
  for (auto& [name, tensor] : net::state_dict(network))
    if (tensor.is_floating_point()) tensor.set_data(tensor.to(type));
}

/// @param network filled and in the mode to run in. Predictions compute some layers otherwise than
/// trainings do.
std::vector<at::Tensor> heads_of(const NetworkRecord& record, const Json& expected,
                                 at::ScalarType type) {
  const auto input = filled_input("input", expected.at("input_shape").get<Shape>());
  return in_upstreams_form(record.json, record.network->forward(input.to(type)));
}

// As float32 would round them if they lay elsewhere between two of its numbers.
void round_otherwise(net::Network& network, std::uint64_t seed) {
  const at::NoGradGuard no_gradients;
  const auto draws = at::make_generator<at::CPUGeneratorImpl>(seed);
  for (at::Tensor& weight : network.parameters())
    weight.mul_(1 + at::empty_like(weight).uniform_(-1, 1, draws) * 0x1p-24);
}

/// @param seed if it is there, weights are rounded otherwise.
Pass pass_with_gradients(const NetworkRecord& record, const Json& expected, at::ScalarType type,
                         std::optional<std::uint64_t> seed = std::nullopt) {
  auto& network = *record.network;
  fill(network);
  convert(network, type);
  if (seed) round_otherwise(network, *seed);
  network.zero_grad();
  Pass pass{heads_of(record, expected, type), {}};
  backward_mean_square(pass.heads);
  const auto tensors = tensors_by_name(network);
  for (const auto& [name, recorded] : expected.at("grad_checks").items())
    if (const at::Tensor gradient = tensors.at(name).grad(); gradient.defined())
      pass.gradients.emplace(name, gradient.to(at::kDouble));
  convert(network, at::kFloat);
  return pass;
}

/// Passes in float32, and in float64 through the same modules: once as it is, and once with each
/// activation on the side of its kink where float32 had it.
struct Passes {
  std::vector<at::Tensor> predicted;  ///< without gradients; empty in training mode
  ActivationSides sides;              ///< of float32
  Pass single, exact, held;
};

void compare_sides(const HoldSides& sides, std::vector<std::string>& differences) {
  if (!sides.all_matched()) differences.push_back("float64 ran other activations than float32");
  // An element that lies farther away from its kink than float32 can err is no matter of rounding.
  if (sides.largest_moved() > 1e-3)
    differences.push_back(std::to_string(sides.moved()) +
                          " activations are on the other side, by " +
                          number(sides.largest_moved()) + " of their map's size");
}

Passes run_passes(const NetworkRecord& record, const Json& expected,
                  std::vector<std::string>& differences) {
  Passes passes;
  if (!record.network->is_training()) {
    const at::NoGradGuard predicts;
    passes.predicted = heads_of(record, expected, at::kFloat);
  }
  {
    const RecordSides recording(passes.sides);
    passes.single = pass_with_gradients(record, expected, at::kFloat);
  }
  std::int64_t moved = 0;
  {
    const HoldSides holding(passes.sides);
    passes.held = pass_with_gradients(record, expected, at::kDouble);
    compare_sides(holding, differences);
    moved = holding.moved();
  }
  passes.exact = moved == 0 ? passes.held : pass_with_gradients(record, expected, at::kDouble);
  return passes;
}

// The float64 run must be as far from the recorded float32 run as upstream's was: its structure is
// upstream's. The float32 run may be 6 times as far from it as upstream's own, which was recorded
// with LibTorch's most exact loops: oneDNN's, which LibTorch takes for large maps, come to 2.7
// times.
void compare_head(const NetworkRecord& record, const Json& expected, const at::Tensor& exact,
                  Comparison& result) {
  const auto file = expected.at("file").get<std::string>();
  if (exact.sizes() != expected.at("shape").get<Shape>()) {
    result.differences.push_back(file + ": another shape");
    return;
  }
  const auto step = expected.at("stored_spatial_step").get<std::int64_t>();
  const auto stored = every(exact, step);
  const double gap =
      (stored - read_npy(record.folder / file, stored.sizes().vec())).abs().max().item<double>();
  const double recorded = expected.at("max_abs_diff_to_float64_run").get<double>();
  if (!(gap <= 1.01 * recorded))
    result.differences.push_back(file + ": in float64 off by " + number(gap) + ", recorded " +
                                 number(recorded));
}

void compare_rounding(const Json& expected, const at::Tensor& exact, const at::Tensor& seen,
                      Comparison& result) {
  const double ratio = (seen.detach() - exact).abs().max().item<double>() /
                       expected.at("max_abs_diff_to_float64_run").get<double>();
  result.deviation = std::max(result.deviation, ratio);
  if (!(ratio <= 6))
    result.differences.push_back(expected.at("file").get<std::string>() + ": " + number(ratio) +
                                 " times as far from float64 as upstream");
}

void compare_heads(const NetworkRecord& record, const Json& outputs, const Passes& passes,
                   Comparison& result) {
  if (passes.exact.heads.size() != outputs.size() || passes.single.heads.size() != outputs.size()) {
    result.differences.push_back("another number of heads");
    return;
  }
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const at::Tensor exact = passes.exact.heads[i].detach();
    compare_head(record, outputs[i], exact, result);
    compare_rounding(outputs[i], exact, passes.single.heads[i], result);
    if (!passes.predicted.empty()) compare_rounding(outputs[i], exact, passes.predicted[i], result);
  }
}

void compare_structure(const std::string& name, const Json& expected, const Pass& exact,
                       std::vector<std::string>& differences) {
  const auto found = exact.gradients.find(name);
  const bool none = expected.at("l2").is_null();
  if (none == (found != exact.gradients.end())) differences.push_back(name + ": gradient or none");
  if (none || found == exact.gradients.end()) return;
  const double truth = expected.at("l2_float64_run").get<double>();
  const double seen = found->second.norm().item<double>();
  if (std::abs(seen - truth) <= 1e-6 * truth) return;
  differences.push_back(name + ": gradient norm in float64 " + number(seen) + ", recorded " +
                        number(truth));
}

double gap_between(const at::Tensor& seen, const at::Tensor& exact) {
  return (seen - exact).norm().item<double>() / exact.norm().item<double>();
}

/// How far each gradient moves when the weights are rounded otherwise once: the most of three
/// draws, in float64, with activations on the same sides.
std::map<std::string, double> gaps_of_rounding(const NetworkRecord& record, const Json& expected,
                                               const Passes& passes) {
  std::map<std::string, double> gaps;
  for (const std::uint64_t seed : {1, 2, 3}) {
    const HoldSides holding(passes.sides);
    const Pass rounded = pass_with_gradients(record, expected, at::kDouble, seed);
    for (const auto& [name, gradient] : rounded.gradients)
      gaps[name] = std::max(gaps[name], gap_between(gradient, passes.held.gradients.at(name)));
  }
  return gaps;
}

/// What a gradient may be off by, norm and direction: what the record's README allows its norm.
double allowed_gap(const Json& expected) {
  const double seen = expected.at("l2").get<double>(),
               exact = expected.at("l2_float64_run").get<double>();
  return std::max(1e-3, 5 * std::abs(seen - exact) / exact);
}

// Where a bottleneck has so few voxels that an instance norm of some channel divides by nearly
// nothing, float32 cannot give gradients to 1e-3 in any order of sums (LibTorch's own come
// to 1.4e-3 of 4 voxels). There it may be off by 30 roundings of the weights, but never by 1 %;
// heads of resenc3d_M_6stages, which may be 6 times as far from float64 as upstream's own, are 24
// to 46 roundings off at their limit. A wrong slope, mask or term would be off by tens of percent.
void compare_gradients(const NetworkRecord& record, const Json& expected, const Passes& passes,
                       Comparison& result) {
  std::map<std::string, double> gaps;
  for (const auto& [name, recorded] : expected.at("grad_checks").items()) {
    if (recorded.at("l2").is_null()) continue;
    const auto single = passes.single.gradients.find(name), held = passes.held.gradients.find(name);
    if (single == passes.single.gradients.end() || held == passes.held.gradients.end()) {
      result.differences.push_back(name + ": no gradient");
      continue;
    }
    const double gap = gap_between(single->second, held->second);
    result.gradient_gap = std::max(result.gradient_gap, gap);
    if (!(gap <= allowed_gap(recorded))) gaps[name] = gap;
  }
  if (gaps.empty()) return;
  const auto roundings = gaps_of_rounding(record, expected, passes);
  for (const auto& [name, gap] : gaps)
    if (!(gap <= std::min(30 * roundings.at(name), 1e-2)))
      result.differences.push_back(name + ": gradient in float32 off by " + number(gap) +
                                   ", by rounding the weights once " + number(roundings.at(name)));
}

// `expected` holds input_shape, outputs and grad_checks.
void compare_pass(const NetworkRecord& record, const Json& expected, Comparison& result) {
  const Passes passes = run_passes(record, expected, result.differences);
  compare_heads(record, expected.at("outputs"), passes, result);
  for (const auto& [name, gradient] : expected.at("grad_checks").items())
    compare_structure(name, gradient, passes.exact, result.differences);
  compare_gradients(record, expected, passes, result);
}

void compare_statistic(const std::string& name, double expected, const at::Tensor& seen,
                       std::vector<std::string>& differences) {
  const double norm = seen.to(at::kDouble).norm().item<double>();
  if (std::abs(norm - expected) > 1e-5 * std::max(1.0, expected)) {
    differences.push_back(name + ": " + number(norm) + ", recorded " + number(expected));
  }
}

// Names of buffers, and of their norms in a record.
const std::map<std::string, std::string>& running_statistics() {
  static const std::map<std::string, std::string> names{
      {"running_mean", "running_mean_l2"},
      {"running_var", "running_var_l2"},
      {"num_batches_tracked", "num_batches_tracked"}};
  return names;
}

using Recorded = std::pair<plan::Architecture, net::NetworkOptions>;

Recorded from_plan(const Json& json) {
  return {{json.at("architecture_class"), json.at("arch_kwargs"), json.at("_kw_requires_import")},
          {json.at("input_channels"), json.at("num_classes"), json.at("deep_supervision")}};
}

// Takes the first of `keys` that is there out of `arguments`.
Json take(Json& arguments, const std::vector<std::string>& keys) {
  for (const auto& key : keys) {
    if (!arguments.contains(key)) continue;
    const Json value = arguments.at(key);
    arguments.erase(key);
    return value;
  }
  throw std::runtime_error("no " + keys.front());
}

// Records of other packages' classes hold the arguments of the constructor.
Recorded from_constructor(const Json& json) {
  Json arguments = json.at("builder_args");
  net::NetworkOptions options;
  options.input_channels = take(arguments, {"input_channels", "in_channels"});
  options.outputs = take(arguments, {"num_classes", "n_classes", "out_channels"});
  for (const auto* key : {"enable_deep_supervision", "deep_supervision"}) {
    if (arguments.contains(key)) options.deep_supervision = arguments.at(key);
  }
  // Recorded without randomness.
  if (arguments.contains("backbone")) arguments["drop_connect_rate"] = 0;
  return {{json.at("architecture"), arguments, Json::array()}, options};
}

Recorded recorded_architecture(const Json& json) {
  return json.contains("arch_kwargs") ? from_plan(json) : from_constructor(json);
}

void compare_names(const NetworkRecord& record, std::vector<std::string>& differences) {
  std::map<const void*, std::string> first;
  Json seen = Json::array();
  for (const auto& [name, tensor] : net::state_dict(*record.network)) {
    const auto [place, is_new] = first.emplace(tensor.unsafeGetTensorImpl(), name);
    seen.push_back({name, tensor.sizes().vec(), is_new ? Json() : Json(place->second)});
  }
  if (seen != record.json.at("parameters")) {
    differences.push_back("names, shapes or aliases differ");
  }
  if (net::parameter_count(*record.network) != record.json.at("n_parameters").get<std::int64_t>()) {
    differences.push_back("another number of parameters");
  }
}

// Upstream's STU-Net enlarges before its 1x1 convolutions, which are done at the lower resolution
// here, and computes lower heads even where it leaves them out.
std::int64_t saved_work(const Json& json) {
  if (json.at("architecture") != "STUNet") return 0;
  const auto shape = json.at("input_shape").get<Shape>();
  const auto& arguments = json.at("builder_args");
  const auto widths = arguments.at("dims").get<Shape>();
  const auto poolings = arguments.at("pool_op_kernel_sizes").get<std::vector<Shape>>();
  const auto outputs = arguments.at("num_classes").get<std::int64_t>();
  std::int64_t saved = 0;
  auto elements = shape[0] * c10::multiply_integers(shape.begin() + 2, shape.end());
  for (std::size_t i = 0; i < poolings.size(); ++i) {
    const auto below = elements / c10::multiply_integers(poolings[i]);
    saved += widths[i] * widths[i + 1] * (elements - below);
    if (i > 0 && !arguments.at("enable_deep_supervision")) saved += elements * widths[i] * outputs;
    elements = below;
  }
  return saved;
}

void compare_work(const NetworkRecord& record, Comparison& result) {
  const auto input = filled_input("input", record.json.at("input_shape").get<Shape>());
  const auto work = net::multiply_accumulates(*record.network, input) + saved_work(record.json);
  if (work == record.json.at("multiply_accumulates").get<std::int64_t>()) return;
  result.differences.push_back(std::to_string(work) + " multiply-accumulates");
}

void compare_evaluation(const NetworkRecord& record, Comparison& result) {
  fill(*record.network);
  record.network->eval();
  compare_pass(record, record.json, result);
  compare_work(record, result);
}

void compare_training(const NetworkRecord& record, Comparison& result) {
  const Json& expected = record.json.at("train_mode");
  fill(*record.network);
  record.network->train();
  compare_pass(record, expected, result);
  fill(*record.network);
  heads_of(record, expected, at::kFloat);
  const auto tensors = tensors_by_name(*record.network);
  for (const auto& [name, layer] : expected.at("batch_norm_after_one_forward").items()) {
    for (const auto& [statistic, key] : running_statistics()) {
      const auto full = name + "." + statistic;
      compare_statistic(full, layer.at(key), tensors.at(full), result.differences);
    }
  }
}

}  // namespace

at::Tensor read_npy(const std::filesystem::path& file, const std::vector<std::int64_t>& shape) {
  std::ifstream stream(file, std::ios::binary);
  std::string start(10, '\0');
  stream.read(start.data(), 10);
  const auto header =
      static_cast<unsigned char>(start[8]) + 256 * static_cast<unsigned char>(start[9]);
  stream.seekg(10 + header);
  at::Tensor result = at::empty(shape, at::kFloat);
  stream.read(static_cast<char*>(result.data_ptr()), static_cast<std::streamsize>(result.nbytes()));
  if (!stream) throw std::runtime_error("cannot read " + file.string());
  return result;
}

NetworkRecord read_network_record(const std::filesystem::path& file) {
  std::ifstream stream(file);
  NetworkRecord record{Json::parse(stream), file.parent_path(), nullptr};
  auto [architecture, options] = recorded_architecture(record.json);
  options.draw_weights = false;
  record.network = net::build_network(architecture, options);
  return record;
}

Comparison compare_network(const NetworkRecord& record) {
  Comparison result;
  compare_names(record, result.differences);
  if (!record.json.at("input_shape").is_null()) compare_evaluation(record, result);
  if (record.json.contains("train_mode")) compare_training(record, result);
  return result;
}

double worst_difference(const Json& outputs, const std::vector<at::Tensor>& seen,
                        const std::filesystem::path& folder) {
  double worst = seen.size() == outputs.size() ? 0 : INFINITY;
  for (std::size_t i = 0; i < std::min(seen.size(), outputs.size()); ++i) {
    const auto step = outputs[i].value("stored_spatial_step", 1);
    const auto stored = every(seen[i].detach(), step);
    const auto truth =
        read_npy(folder / outputs[i].at("file").get<std::string>(), stored.sizes().vec());
    worst = std::max(worst, (stored - truth).abs().max().item<double>());
  }
  return worst;
}

}  // namespace seg::test
