#include "net/network_oracle.hpp"

#include <algorithm>
#include <fstream>
#include <map>
#include <set>

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

void compare_head(const NetworkRecord& record, const Json& expected, const at::Tensor& head,
                  Comparison& result) {
  const auto file = expected.at("file").get<std::string>();
  if (head.sizes() != expected.at("shape").get<Shape>()) {
    result.differences.push_back(file + ": another shape");
    return;
  }
  const auto seen = every(head.detach(), expected.at("stored_spatial_step").get<std::int64_t>());
  const auto truth = read_npy(record.folder / file, seen.sizes().vec());
  const double worst = (seen - truth).abs().max().item<double>();
  const double allowed = 10 * expected.at("max_abs_diff_to_float64_run").get<double>();
  result.deviation = std::max(result.deviation, worst);
  if (!(worst <= allowed)) {
    result.differences.push_back(file + ": off by " + number(worst) + ", allowed " +
                                 number(allowed));
  }
}

std::map<std::string, at::Tensor> tensors_by_name(const net::Network& network) {
  std::map<std::string, at::Tensor> result;
  for (const auto& [name, tensor] : net::state_dict(network)) result.emplace(name, tensor);
  return result;
}

void compare_gradient(const std::string& name, const Json& expected, const at::Tensor& gradient,
                      std::vector<std::string>& differences) {
  const bool none = expected.at("l2").is_null();
  if (none == gradient.defined()) differences.push_back(name + ": gradient or none");
  if (none || !gradient.defined()) return;
  const double truth = expected.at("l2").get<double>();
  const double gap = std::abs(truth - expected.at("l2_float64_run").get<double>());
  const double seen = gradient.norm().item<double>();
  if (std::abs(seen - truth) <= std::max(1e-3 * truth, 5 * gap)) return;
  differences.push_back(name + ": gradient norm " + number(seen) + ", recorded " + number(truth));
}

void compare_gradients(const Json& checks, const net::Network& network,
                       std::vector<std::string>& differences) {
  const auto tensors = tensors_by_name(network);
  for (const auto& [name, expected] : checks.items()) {
    compare_gradient(name, expected, tensors.at(name).grad(), differences);
  }
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

// Heads are only compared where there are as many as recorded.
std::vector<at::Tensor> compare_heads(const NetworkRecord& record, const Json& expected,
                                      Comparison& result) {
  const auto input = filled_input("input", expected.at("input_shape").get<Shape>());
  auto heads = in_upstreams_form(record.json, record.network->forward(input));
  const auto& outputs = expected.at("outputs");
  if (heads.size() != outputs.size()) {
    result.differences.push_back("another number of heads");
    return {};
  }
  for (std::size_t i = 0; i < heads.size(); ++i) compare_head(record, outputs[i], heads[i], result);
  return heads;
}

// `expected` holds input_shape, outputs and grad_checks. Predictions compute some layers otherwise
// than trainings do.
void compare_pass(const NetworkRecord& record, const Json& expected, Comparison& result) {
  auto& network = *record.network;
  if (!network.is_training()) {
    const at::NoGradGuard predicts;
    compare_heads(record, expected, result);
  }
  network.zero_grad();
  const auto heads = compare_heads(record, expected, result);
  if (heads.empty()) return;
  backward_mean_square(heads);
  compare_gradients(expected.at("grad_checks"), network, result.differences);
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
