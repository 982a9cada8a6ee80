#include "configurations_json.hpp"

namespace seg::app {

Json configurations_json(const plan::Plans& plans) {
  Json all = Json::object();
  for (const std::string& name : plans.configuration_names()) {
    const plan::Configuration one = plans.configuration(name);
    all[name] = {{"patch", one.patch_size},
                 {"batch", one.batch_size},
                 {"spacing", one.spacing},
                 {"network", one.architecture.class_name}};
  }
  return all;
}

}  // namespace seg::app
