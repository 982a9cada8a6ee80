#include "seg/train/plugin.hpp"

#include <dlfcn.h>
#include <link.h>

#include "seg/plan/error.hpp"

namespace seg::train {
namespace fs = std::filesystem;
namespace {

/// Of the program or the shared library that holds this function.
fs::path own_folder() {
  Dl_info found{};
  link_map* map = nullptr;
  dladdr1(reinterpret_cast<void*>(&own_folder), &found, reinterpret_cast<void**>(&map),
          RTLD_DL_LINKMAP);
  const bool is_library = map && *map->l_name;  // a program has no name there
  return fs::canonical(is_library ? map->l_name : "/proc/self/exe").parent_path();
}

Error no_plugin(const std::string& name, const std::string& reason) {
  return {ErrorKind::not_found,
          {"the part \"" + name + "\" of seg", "cannot be used (" + reason + ")",
           "build seg with it, or do without"}};
}

}  // namespace

fs::path plugin_file(const std::string& name) {
  return (own_folder() / SEG_PLUGIN_FOLDER / ("libseg_" + name + ".so")).lexically_normal();
}

void* plugin_function(const std::string& name, const std::string& function) {
  const fs::path file = plugin_file(name);
  if (!fs::exists(file)) throw no_plugin(name, "there is no " + file.string());
  void* const plugin = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  void* const found = plugin ? dlsym(plugin, function.c_str()) : nullptr;
  if (!found) throw no_plugin(name, dlerror());
  return found;
}

}  // namespace seg::train
