#include "seg/train/export_model.hpp"

#include <algorithm>

#include "model/zip_archive.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/files.hpp"
#include "seg/plan/intention.hpp"
#include "seg/plan/joined.hpp"
#include "seg/plan/output_name.hpp"
#include "seg/plan/plans.hpp"
#include "seg/plan/same_place.hpp"
#include "seg/train/model.hpp"

namespace seg::train {
namespace {
namespace fs = std::filesystem;

constexpr char kFoldPrefix[] = "fold_";

std::string file_of(const std::string& checkpoint) { return "checkpoint_" + checkpoint + ".pth"; }

bool has_all(const fs::path& fold, const std::vector<std::string>& checkpoints) {
  return std::ranges::all_of(checkpoints, [&](const std::string& checkpoint) {
    return fs::exists(fold / file_of(checkpoint));
  });
}

/// Those that are named, else all that are trained; that others are left out is told.
std::vector<std::string> folds_to_export(const fs::path& model, const ExportModelOptions& options,
                                         const Reporter& reporter) {
  if (!options.folds.empty()) return options.folds;
  std::vector<std::string> folds, unfinished;
  for (const auto& entry : fs::directory_iterator(model)) {
    const std::string name = entry.path().filename().string();
    if (!entry.is_directory() || !name.starts_with(kFoldPrefix)) continue;
    auto& list = has_all(entry.path(), options.checkpoints) ? folds : unfinished;
    list.push_back(name.substr(sizeof kFoldPrefix - 1));
  }
  for (auto* list : {&folds, &unfinished}) std::ranges::sort(*list);
  if (folds.empty() && unfinished.empty())
    throw Error(model.string(), "has no fold", "train it first");
  if (folds.empty()) return unfinished;  // collecting says what they lack
  if (!unfinished.empty())
    reporter.warn(model.string() + ": without fold " + joined(unfinished) +
                  ", which lack(s) a checkpoint");
  return folds;
}

/// Collects what a model consists of.
class Collection {
 public:
  Collection(const fs::path& model, std::vector<ZipMember>& members)
      : model_(fs::weakly_canonical(model)), members_(members) {
    require_model_folder(model);
    root_ = fs::path(plan::read_plans(model_ / "plans.json").dataset_name) / model_.filename();
  }
  void need(const fs::path& name) {
    if (!fs::is_regular_file(model_ / name))
      throw Error(ErrorKind::not_found,
                  {(model_ / name).string(), "is not there",
                   "finish the training, or name others by `folds` and `checkpoint`"});
    members_.push_back({model_ / name, (root_ / name).generic_string()});
  }
  void take(const fs::path& name) {
    if (fs::is_regular_file(model_ / name)) need(name);
  }

 private:
  fs::path model_, root_;
  std::vector<ZipMember>& members_;
};

void collect(const fs::path& model, const ExportModelOptions& options, const Reporter& reporter,
             std::vector<ZipMember>& members) {
  Collection collection(model, members);
  collection.need("plans.json");
  collection.need("dataset.json");
  collection.take("dataset_fingerprint.json");
  for (const std::string& fold : folds_to_export(model, options, reporter)) {
    const fs::path folder = kFoldPrefix + fold;
    for (const std::string& checkpoint : options.checkpoints)
      collection.need(folder / file_of(checkpoint));
    collection.take(folder / "progress.png");
    collection.take(folder / "validation" / "summary.json");
  }
}

std::vector<ZipMember> members_of(const std::vector<fs::path>& models, const fs::path& zip,
                                  const ExportModelOptions& options, const Reporter& reporter) {
  require_file_name(zip, ".zip");
  std::vector<ZipMember> members;
  for (const fs::path& model : models) collect(model, options, reporter, members);
  for (const ZipMember& member : members) refuse_same_place(zip, member.file, "part of the model");
  if (fs::exists(zip) && !options.overwrite) throw would_be_replaced(zip, "is there already");
  return members;
}

}  // namespace

std::vector<std::string> export_intentions(const std::vector<fs::path>& models, const fs::path& zip,
                                           const ExportModelOptions& options,
                                           const Reporter& reporter) {
  std::vector<std::string> lines{to_write(zip)};
  for (const ZipMember& member : members_of(models, zip, options, reporter))
    lines.push_back("packs " + member.file.string());
  return lines;
}

void export_models(const std::vector<fs::path>& models, const fs::path& zip,
                   const ExportModelOptions& options, const Reporter& reporter) {
  const auto members = members_of(models, zip, options, reporter);
  write_atomically(zip, [&](const fs::path& temporary) { write_zip(temporary, members); });
}

}  // namespace seg::train
