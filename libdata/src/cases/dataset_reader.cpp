#include "cases/dataset_reader.hpp"

#include "seg/data/image.hpp"
#include "seg/plan/image_reader.hpp"

namespace seg::data {

std::string dataset_reader(const plan::Dataset& dataset, const std::vector<Case>& cases) {
  return plan::image_reader(dataset, [&](const std::string& name) {
    return cases.empty() ||
           can_read(image_reader(name, dataset.name), cases.front().channels.front());
  });
}

}  // namespace seg::data
