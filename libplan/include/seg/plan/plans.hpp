#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "seg/plan/files.hpp"
#include "seg/plan/fingerprint.hpp"

namespace seg::plan {

/// A network as nnU-Net's plans name it: a class and the arguments of its constructor.
struct Architecture {
  std::string class_name;  ///< network_class_name, with the Python package in front
  Json arguments;          ///< arch_kwargs
  Json requires_import;    ///< _kw_requires_import
};

/// One of nnU-Net's resampling functions with its arguments (order, order_z, is_seg,
/// force_separate_z).
struct Resampling {
  std::string function;
  Json arguments;
};

/// One configuration of plans.json: everything that preprocessing, training and prediction need to
/// know. Array axes are in transposed order (coarsest axis first); 2d configurations have two axes.
struct Configuration {
  std::string name;             ///< 2d, 3d_fullres, 3d_lowres, 3d_cascade_fullres, or a user's own
  std::string data_identifier;  ///< folder of the preprocessed data
  std::string preprocessor_name;
  std::int64_t batch_size = 0;
  std::vector<std::int64_t> patch_size;  ///< [Y, X] or [Z, Y, X], voxels
  std::vector<double> median_image_size_in_voxels;
  std::vector<double> spacing;                     ///< mm, as many as patch_size
  std::vector<std::string> normalization_schemes;  ///< per channel
  std::vector<bool> use_mask_for_norm;             ///< per channel
  Resampling resampling_data, resampling_seg, resampling_probabilities;
  Architecture architecture;
  bool batch_dice = false;
  std::optional<std::string>
      previous_stage;  ///< configuration whose result is an extra input (cascade)
  std::optional<std::string> next_stage;
  // Entries that seg adds for networks other than nnU-Net's:
  std::vector<std::vector<double>> head_scales;  ///< size of each head relative to the patch, per
                                                 ///< axis; empty: nnU-Net's rule
  std::vector<double> head_weights;              ///< in the loss; empty: nnU-Net's rule
  Json training = Json::object();                ///< settings of training that suit the network
  Json json;  ///< as in the file after inheritance, unknown keys included

  bool is_2d() const { return patch_size.size() == 2; }
};

/// nnU-Net's plans.json.
struct Plans {
  std::string dataset_name, plans_name;
  std::array<double, 3> original_median_spacing_after_transp{};
  std::array<std::int64_t, 3> original_median_shape_after_transp{};
  std::string image_reader_writer;
  std::array<int, 3> transpose_forward{0, 1, 2}, transpose_backward{0, 1, 2};
  std::vector<IntensityProperties> intensities;  ///< foreground_intensity_properties_per_channel
  Json json;           ///< the file as read or as planned: key order is nnU-Net's
  std::string source;  ///< names the plans in errors

  std::vector<std::string> configuration_names() const;
  /// A configuration with everything it inherits (inherits_from) filled in, checked.
  /// @throws Error naming the configurations there are, for configurations that inherit from each
  /// other in a circle, and naming the key for an entry that is missing, unexpected or does not fit
  /// the others.
  Configuration configuration(const std::string& name) const;
};

/// Checks and converts; plans of nnU-Net 2.0 to 2.2, which describe the network by UNet_class_name
/// and its like, are understood. `source` names the file in errors.
/// @throws Error for a missing key, a value of another type, and transposes that do not undo each
/// other.
Plans plans_from_json(const Json& json, const std::string& source);
Plans read_plans(const std::filesystem::path& file);

}  // namespace seg::plan
