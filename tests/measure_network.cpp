// Size and cost of a preset's network: parameters, multiply-accumulates, CPU time of a training
// step and peak memory, as one line of a Markdown table. One process per network, so that the peak
// is its own.
#include <ATen/autocast_mode.h>
#include <sys/resource.h>
#include <torch/optim/sgd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <ctime>
#include <iomanip>
#include <iostream>

#include "seg/net/network.hpp"
#include "seg/plan/planner.hpp"

namespace {

using namespace seg;

struct Request {
  std::string preset, label, configuration = "3d_fullres";
  std::vector<std::int64_t> patch{64, 64, 64};
  int batch = 1, steps = 2;
  double momentum = 0.99;
  bool bf16 = true;
};

// For a dataset that asks for the network's full depth.
plan::Plans planned(const Request& request) {
  const Json json{{"channel_names", {{"0", "MRI"}}},
                  {"labels", {{"background", 0}, {"organ", 1}}},
                  {"numTraining", 1},
                  {"file_ending", ".nii.gz"}};
  const auto dataset = plan::dataset_from_json(json, "Dataset001_Any", "measure_network");
  plan::Fingerprint fingerprint;
  fingerprint.intensities.resize(1);
  fingerprint.spacings = {{1, 1, 1}};
  fingerprint.shapes_after_crop = {{160, 160, 160}};
  plan::PlannerOptions options;
  options.preset = request.preset;
  return plan::plan_experiment(dataset, fingerprint, options);
}

// Networks that are only made for pictures are measured on one.
Request in_dimensions_of(const plan::Plans& plans, Request request) {
  const auto names = plans.configuration_names();
  if (std::ranges::find(names, "3d_fullres") != names.end()) return request;
  request.configuration = "2d";
  request.patch = {256, 256};
  request.label += " (256 x 256)";
  return request;
}

void train_once(net::Network& network, torch::optim::Optimizer& optimizer, const Request& request) {
  std::vector<std::int64_t> shape{request.batch, 1};
  shape.insert(shape.end(), request.patch.begin(), request.patch.end());
  optimizer.zero_grad();
  at::autocast::set_autocast_enabled(at::kCPU, request.bf16);
  at::Tensor loss = at::zeros({});
  for (const auto& head : network.forward(at::randn(shape))) {
    loss = loss + head.to(at::kFloat).square().mean();
  }
  at::autocast::set_autocast_enabled(at::kCPU, false);
  at::autocast::clear_cache();
  loss.backward();
  optimizer.step();
}

double cpu_seconds(net::Network& network, const Request& request) {
  torch::optim::SGD optimizer(network.parameters(), torch::optim::SGDOptions(1e-3)
                                                        .momentum(request.momentum)
                                                        .nesterov(request.momentum > 0)
                                                        .weight_decay(3e-5));
  double best = 1e9;
  for (int step = 0; step < request.steps; ++step) {
    const auto start = std::clock();
    train_once(network, optimizer, request);
    best = std::min(best, static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
  }
  return best;
}

double peak_gigabytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / (1024 * 1024);
}

void measure(const Request& asked) {
  const plan::Plans plans = planned(asked);
  const Request request = in_dimensions_of(plans, asked);
  const auto& architecture = plans.configuration(request.configuration).architecture;
  const auto network = net::build_network(architecture, {1, 2, true});
  const double seconds = cpu_seconds(*network, request);
  const double peak = peak_gigabytes();
  std::vector<std::int64_t> shape{1, 1};
  shape.insert(shape.end(), request.patch.begin(), request.patch.end());
  const auto work = net::multiply_accumulates(*network, at::zeros(shape));
  std::cout << std::fixed << std::setprecision(2) << "| " << request.label << " | "
            << static_cast<double>(net::parameter_count(*network)) / 1e6 << " | "
            << static_cast<double>(work) / 1e9 << " | " << peak << " | " << seconds << " |\n";
}

}  // namespace

int main(int argc, char** argv) {
  Request request;
  CLI::App app{
      "Measures a network: | preset | parameters (M) | multiply-accumulates (G) | peak "
      "memory (GB) | CPU seconds per training step |"};
  app.add_option("preset", request.preset, "as in seg plan --network; none: their names");
  app.add_option("--config", request.configuration, "2d or 3d_fullres");
  app.add_option("--patch", request.patch, "voxels, slowest axis first")->expected(2, 3);
  app.add_option("--batch", request.batch, "patches per step");
  app.add_option("--steps", request.steps, "training steps, of which the fastest counts");
  app.add_option("--momentum", request.momentum, "0 needs no memory for it");
  app.add_flag("!--fp32", request.bf16, "single precision instead of bf16");
  CLI11_PARSE(app, argc, argv);
  try {
    request.label = request.preset;
    if (!request.preset.empty()) return measure(request), 0;
    for (const auto& name : plan::preset_names()) std::cout << name << "\n";
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
