#include "seg/data/plugin.hpp"

#include <dlfcn.h>
#include <link.h>

#include "seg/plan/error.hpp"

namespace seg::data {
namespace fs = std::filesystem;
namespace {

/// Where the plugins of the program or the shared library that holds this function lie.
fs::path plugin_folder() {
  Dl_info found{};
  link_map* map = nullptr;
  dladdr1(reinterpret_cast<void*>(&plugin_folder), &found, reinterpret_cast<void**>(&map),
          RTLD_DL_LINKMAP);
  const bool is_library = map && *map->l_name;  // a program has no name there
  if (is_library) return fs::canonical(map->l_name).parent_path() / "seg";
  return fs::canonical("/proc/self/exe").parent_path() / SEG_PLUGIN_FOLDER;
}

Error no_plugin(const std::string& name, const std::string& reason) {
  return {ErrorKind::not_found,
          {"the part \"" + name + "\" of seg", "cannot be used (" + reason + ")",
           "build seg with it, or do without"}};
}

/// Null where dlerror() says why not.
void* opened(const fs::path& plugin) { return dlopen(plugin.c_str(), RTLD_NOW | RTLD_LOCAL); }

}  // namespace

fs::path plugin_file(const std::string& name) {
  return (plugin_folder() / ("libseg_" + name + ".so")).lexically_normal();
}

std::string plugin_problem(const std::string& name) {
  const fs::path file = plugin_file(name);
  if (!fs::exists(file)) return "there is no " + file.string();
  return opened(file) ? "" : dlerror();
}

void* plugin_function(const std::string& name, const std::string& function) {
  const fs::path file = plugin_file(name);
  if (!fs::exists(file)) throw no_plugin(name, "there is no " + file.string());
  void* const plugin = opened(file);
  void* const found = plugin ? dlsym(plugin, function.c_str()) : nullptr;
  if (!found) throw no_plugin(name, dlerror());
  return found;
}

}  // namespace seg::data
