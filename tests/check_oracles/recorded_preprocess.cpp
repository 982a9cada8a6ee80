#include "recorded_preprocess.hpp"

#include "seg/data/npy.hpp"

namespace seg::oracles {
namespace fs = std::filesystem;
namespace {

RecordedCase from_dataset(const fs::path& dataset_folder, const fs::path& plans,
                          const std::string& name) {
  const plan::Dataset dataset = plan::read_dataset(dataset_folder);
  const std::string ending = dataset.file_ending;
  std::vector<fs::path> channels;
  for (std::size_t i = 0; i < dataset.channel_names.size(); ++i)
    channels.push_back(dataset_folder / "imagesTr" / (name + "_000" + std::to_string(i) + ending));
  RecordedCase recorded;
  recorded.image = data::read_image(channels);
  recorded.label = data::read_label_map(dataset_folder / "labelsTr" / (name + ending)).data;
  recorded.plans = plan::read_plans(plans);
  recorded.labels = plan::labels_of(dataset);
  return recorded;
}

RecordedCase hippocampus(const fs::path& folder, const std::string& name) {
  const fs::path shared = folder / ".." / ".." / "..";
  return from_dataset(shared / "data" / "Dataset004_Hippocampus",
                      folder / ".." / "fingerprint" / "nnUNetPlans.json", name);
}

RecordedCase with_regions_and_ignore(const fs::path& folder, const Json& record) {
  RecordedCase recorded = hippocampus(folder, record.at("case"));
  recorded.label = data::read_label_map(folder / record.at("label_file")).data;
  recorded.labels.all = {0, 1, 2};
  recorded.labels.regions = {{1, 2}, {2}};
  recorded.labels.ignore = 3;
  return recorded;
}

RecordedCase ct(const fs::path& folder, const Json& record) {
  RecordedCase recorded;
  recorded.image = data::read_image({folder / record.at("image_file")});
  recorded.label = recorded.image.data.gt(100).to(at::kShort);
  recorded.plans = plan::read_plans(folder / "ct_plans.json");
  recorded.labels.all = {0, 1};
  return recorded;
}

RecordedCase inputs(const fs::path& folder, const Json& record) {
  const std::string dataset = record.at("dataset");
  if (record.contains("image_file")) return ct(folder, record);
  if (record.contains("label_file")) return with_regions_and_ignore(folder, record);
  if (dataset == "Hippocampus") return hippocampus(folder, record.at("case"));
  return from_dataset(folder / dataset, folder / dataset / "nnUNetPlans.json", record.at("case"));
}

}  // namespace

RecordedCase recorded_case(const fs::path& folder, const Json& record) {
  RecordedCase recorded = inputs(folder, record);
  recorded.configuration = record.value("configuration", "3d_fullres");
  return recorded;
}

at::Tensor recorded_data(const fs::path& folder, const Json& record) {
  const std::string file = record.at("data"), other = "same as ";
  return data::map_npy(folder / (file.starts_with(other) ? file.substr(other.size()) : file));
}

}  // namespace seg::oracles
