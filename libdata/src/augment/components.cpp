#include "seg/data/components.hpp"

#include <itkConnectedComponentImageFilter.h>
#include <itkImage.h>
#include <itkImportImageFilter.h>

namespace seg::data {
namespace {

using Mask = itk::Image<std::uint8_t, 3>;
using Numbers = itk::Image<std::int64_t, 3>;

// The tensor's memory as an image; the tensor must outlive it.
Mask::Pointer as_image(const at::Tensor& mask) {
  Mask::RegionType region;
  for (unsigned axis = 0; axis < 3; ++axis)
    region.SetSize(axis, static_cast<itk::SizeValueType>(mask.size(2 - axis)));
  const auto import = itk::ImportImageFilter<std::uint8_t, 3>::New();
  import->SetRegion(region);
  import->SetImportPointer(mask.mutable_data_ptr<std::uint8_t>(),
                           static_cast<itk::SizeValueType>(mask.numel()), false);
  import->Update();
  return import->GetOutput();
}

}  // namespace

at::Tensor connected_components(const at::Tensor& mask) {
  const at::Tensor volume = mask.dim() == 2 ? mask.unsqueeze(0) : mask;
  const at::Tensor bytes = volume.to(at::kCPU, at::kByte).contiguous();
  const auto filter = itk::ConnectedComponentImageFilter<Mask, Numbers>::New();
  filter->SetInput(as_image(bytes));
  filter->SetFullyConnected(true);
  filter->SetNumberOfWorkUnits(1);
  filter->Update();
  return at::from_blob(filter->GetOutput()->GetBufferPointer(), mask.sizes(), at::kLong).clone();
}

}  // namespace seg::data
