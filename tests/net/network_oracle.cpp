#include "net/network_oracle.hpp"

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
                  Differences& differences) {
  const auto file = expected.at("file").get<std::string>();
  if (head.sizes() != expected.at("shape").get<Shape>()) {
    differences.push_back(file + ": another shape");
    return;
  }
  const auto seen = every(head.detach(), expected.at("stored_spatial_step").get<std::int64_t>());
  const auto truth = read_npy(record.folder / file, seen.sizes().vec());
  const double worst = (seen - truth).abs().max().item<double>();
  const double allowed = 10 * expected.at("max_abs_diff_to_float64_run").get<double>();
  if (!(worst <= allowed)) {
    differences.push_back(file + ": off by " + number(worst) + ", allowed " + number(allowed));
  }
}

std::map<std::string, at::Tensor> tensors_by_name(const net::Network& network) {
  std::map<std::string, at::Tensor> result;
  for (const auto& [name, tensor] : net::state_dict(network)) result.emplace(name, tensor);
  return result;
}

void compare_gradient(const std::string& name, const Json& expected, const at::Tensor& gradient,
                      Differences& differences) {
  const bool none = expected.at("l2").is_null();
  if (none == gradient.defined()) differences.push_back(name + ": gradient or none");
  if (none || !gradient.defined()) return;
  const double truth = expected.at("l2").get<double>();
  const double gap = std::abs(truth - expected.at("l2_float64_run").get<double>());
  const double seen = gradient.norm().item<double>();
  if (std::abs(seen - truth) <= std::max(1e-3 * truth, 5 * gap)) return;
  differences.push_back(name + ": gradient norm " + number(seen) + ", recorded " + number(truth));
}

void compare_gradients(const Json& checks, const net::Network& network, Differences& differences) {
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

// `expected` holds input_shape, outputs and grad_checks.
Differences compare_pass(const NetworkRecord& record, const Json& expected, net::Network& network) {
  Differences differences;
  network.zero_grad();
  const auto heads =
      network.forward(filled_input("input", expected.at("input_shape").get<Shape>()));
  const auto& outputs = expected.at("outputs");
  if (heads.size() != outputs.size()) return {"another number of heads"};
  for (std::size_t i = 0; i < heads.size(); ++i) {
    compare_head(record, outputs[i], heads[i], differences);
  }
  backward_mean_square(heads);
  compare_gradients(expected.at("grad_checks"), network, differences);
  return differences;
}

void compare_statistic(const std::string& name, double expected, const at::Tensor& seen,
                       Differences& differences) {
  const double norm = seen.to(at::kDouble).norm().item<double>();
  if (std::abs(norm - expected) > 1e-5 * std::max(1.0, expected)) {
    differences.push_back(name + ": " + number(norm) + ", recorded " + number(expected));
  }
}

std::int64_t parameter_count(const net::Network& network) {
  std::int64_t count = 0;
  for (const auto& parameter : network.parameters()) count += parameter.numel();
  return count;
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
  return {Json::parse(stream), file.parent_path()};
}

std::shared_ptr<net::Network> recorded_network(const NetworkRecord& record) {
  const Json& json = record.json;
  const plan::Architecture architecture{json.at("architecture_class"), json.at("arch_kwargs"),
                                        json.at("_kw_requires_import")};
  net::NetworkOptions options;
  options.input_channels = json.at("input_channels");
  options.outputs = json.at("num_classes");
  options.deep_supervision = json.at("deep_supervision");
  auto network = net::build_network(architecture, options);
  fill(*network);
  network->eval();
  return network;
}

Differences compare_names(const NetworkRecord& record, const net::Network& network) {
  Differences differences;
  std::map<const void*, std::string> first;
  Json seen = Json::array();
  for (const auto& [name, tensor] : net::state_dict(network)) {
    const auto [place, is_new] = first.emplace(tensor.unsafeGetTensorImpl(), name);
    seen.push_back({name, tensor.sizes().vec(), is_new ? Json() : Json(place->second)});
  }
  if (seen != record.json.at("parameters"))
    differences.push_back("names, shapes or aliases differ");
  if (parameter_count(network) != record.json.at("n_parameters").get<std::int64_t>()) {
    differences.push_back("another number of parameters");
  }
  return differences;
}

Differences compare_outputs(const NetworkRecord& record, net::Network& network) {
  if (!record.json.contains("outputs")) return {};
  network.eval();
  return compare_pass(record, record.json, network);
}

Differences compare_training(const NetworkRecord& record, net::Network& network) {
  if (!record.json.contains("train_mode")) return {};
  const Json& expected = record.json.at("train_mode");
  fill(network);
  network.train();
  auto differences = compare_pass(record, expected, network);
  const auto tensors = tensors_by_name(network);
  for (const auto& [name, layer] : expected.at("batch_norm_after_one_forward").items()) {
    compare_statistic(name + ".running_mean", layer.at("running_mean_l2"),
                      tensors.at(name + ".running_mean"), differences);
    compare_statistic(name + ".running_var", layer.at("running_var_l2"),
                      tensors.at(name + ".running_var"), differences);
    compare_statistic(name + ".num_batches_tracked", layer.at("num_batches_tracked"),
                      tensors.at(name + ".num_batches_tracked"), differences);
  }
  return differences;
}

}  // namespace seg::test
