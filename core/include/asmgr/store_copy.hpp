// What one store holds, in another one: online, resumable, checked.
//
//   auto report = asmgr::copy_store(*wiring.stores.at("old"), *wiring.stores.at("new"), {});
#pragma once

#include "core/engine/store_copy.hpp"
