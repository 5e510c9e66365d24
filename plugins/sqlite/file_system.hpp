// What the store asks of the folder its file lives in.
#pragma once

#include <string>
#include <string_view>

namespace asmgr::sqlite_store {

// The name of the network file system with this statfs magic, empty for all others. Their locks and shared memory do
// not hold between machines, so a database on one of them breaks sooner or later.
std::string_view network_file_system(long magic) noexcept;

// Makes the folder and an empty file readable by this user only, where they are missing, and refuses network file
// systems. Throws STORAGE_CONNECTION or STORAGE.
void prepare_location(const std::string& path);

}  // namespace asmgr::sqlite_store
