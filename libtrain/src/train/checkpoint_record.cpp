#include "train/checkpoint_record.hpp"

#include "seg/net/checkpoint_file.hpp"
#include "seg/plan/error.hpp"

namespace seg::train {
namespace fs = std::filesystem;

fs::path checkpoint_to_resume(const fs::path& fold_folder) {
  for (const char* name : {"checkpoint_latest.pth", "checkpoint_final.pth", "checkpoint_best.pth"})
    if (fs::exists(fold_folder / name)) return fold_folder / name;
  throw Error(ErrorKind::not_found, {fold_folder.string(), "there is no checkpoint to resume from",
                                     "start the training anew"});
}

Json recorded_run(const net::Value& checkpoint, const std::string& source) {
  const net::Value* own = checkpoint.find("seg");
  const net::Value* options = own ? own->find("options") : nullptr;
  const Json record = options ? Json::parse(options->as<std::string>(source)) : Json();
  if (!record.contains("settings"))
    throw Error(source,
                "does not say how it was trained, so it is no checkpoint that seg can resume",
                "start anew (with it as pretrained weights)");
  return record;
}

Json recorded_settings(const fs::path& checkpoint) {
  return recorded_run(net::read_checkpoint(checkpoint), checkpoint.string()).at("settings");
}

}  // namespace seg::train
