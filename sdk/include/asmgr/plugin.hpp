// The C++17 layer over the plugin ABI: derive from a port, throw StatusError to fail, describe the classes with
// component() and plugin(). Headers only, nothing but the standard library. Start with registry.hpp.
#pragma once

#include <asmgr/plugin.h>

#include <asmgr/cpp/artifacts.hpp>
#include <asmgr/cpp/blocking_provider.hpp>
#include <asmgr/cpp/cancel.hpp>
#include <asmgr/cpp/error.hpp>
#include <asmgr/cpp/event_sink.hpp>
#include <asmgr/cpp/host.hpp>
#include <asmgr/cpp/json_text.hpp>
#include <asmgr/cpp/policy.hpp>
#include <asmgr/cpp/provider.hpp>
#include <asmgr/cpp/registry.hpp>
#include <asmgr/cpp/run.hpp>
#include <asmgr/cpp/sink.hpp>
#include <asmgr/cpp/status.hpp>
#include <asmgr/cpp/store.hpp>
#include <asmgr/cpp/store_maintenance.hpp>
#include <asmgr/cpp/store_query.hpp>
#include <asmgr/cpp/string.hpp>
