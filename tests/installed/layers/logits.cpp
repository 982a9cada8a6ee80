#include <ATen/ATen.h>

#include <iostream>

#include "seg/data/image.hpp"
#include "seg/net/network.hpp"
#include "seg/train/sha256.hpp"

/// logits MODEL SCAN: the scan's SHA-256 and shape, and the shape of five classes' logits of a
/// patch by a network as the model's.
int main(int, char** argv) {
  const auto plans = seg::plan::read_plans(std::string(argv[1]) + "/plans.json");
  const auto configuration = plans.configuration(plans.configuration_names().front());
  const auto network = seg::net::build_network(configuration.architecture,
                                               {.outputs = 5, .deep_supervision = false});
  auto patch = configuration.patch_size;
  patch.insert(patch.begin(), {1, 1});
  const at::Tensor scan = seg::data::read_image({argv[2]}).data;
  std::cout << seg::train::sha256_of(argv[2]) << ' ' << scan.sizes() << ' '
            << network->forward(at::zeros(patch)).front().sizes() << '\n';
}
