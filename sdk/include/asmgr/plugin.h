/* The asmgr plugin ABI, major version 1, in plain C11: everything a plugin author needs. The comments of the headers
 * below are the specification; start with base.h (rules) and plugin.h (what a plugin file is). */
#ifndef ASMGR_PLUGIN_H_
#define ASMGR_PLUGIN_H_

#include <asmgr/abi/artifacts.h>
#include <asmgr/abi/base.h>
#include <asmgr/abi/data.h>
#include <asmgr/abi/host.h>
#include <asmgr/abi/plugin.h>
#include <asmgr/abi/policy.h>
#include <asmgr/abi/provider.h>
#include <asmgr/abi/sink.h>
#include <asmgr/abi/status.h>
#include <asmgr/abi/store.h>
#include <asmgr/abi/store_maintenance.h>
#include <asmgr/abi/store_query.h>

#endif /* ASMGR_PLUGIN_H_ */
