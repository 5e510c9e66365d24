/* A policy: no tool may be called. */
#include <asmgr/plugin.h>

#include <string.h>

/* asmgr_str of a literal, as a constant. */
#define TEXT(literal) {literal, sizeof(literal) - 1}

/* The policy keeps nothing, neither for an instance nor for a run; an instance must not be NULL all the same. */
static char the_instance;

static asmgr_status declare(asmgr_instance *instance, const asmgr_sink *json, asmgr_error *error) {
  static const asmgr_str text =
      TEXT("{\"limits\":{},\"tool_rules\":[],\"on_violation\":\"deny\",\"metadata\":{},\"events\":[],"
           "\"needs\":[{\"rule\":\"no_tools\",\"grade\":\"intercept\",\"action\":\"deny\"}]}");
  const asmgr_array one = {&text, 1, sizeof text};
  (void)instance;
  (void)error;
  json->push(json->ctx, &one);
  return ASMGR_OK;
}

static asmgr_status begin(asmgr_instance *instance, asmgr_str effective_json, const asmgr_session *session,
                          const asmgr_run *run, asmgr_policy_run **out, asmgr_error *error) {
  (void)instance;
  (void)effective_json;
  (void)session;
  (void)run;
  (void)error;
  *out = NULL;
  return ASMGR_OK;
}

static void end(asmgr_instance *instance, asmgr_policy_run *run) {
  (void)instance;
  (void)run;
}

static asmgr_status review_tool(asmgr_instance *instance, asmgr_policy_run *run, asmgr_str tool_call_json,
                                asmgr_decision *decision, asmgr_error *error) {
  static const asmgr_str rule = TEXT("no_tools");
  static const asmgr_str message = TEXT("this run may not call tools");
  static const asmgr_str details = TEXT("{\"kind\":\"tool_denied\"}");
  (void)instance;
  (void)run;
  (void)tool_call_json;
  (void)error;
  decision->action = ASMGR_DENY;
  decision->explain(decision->ctx, rule, message, details);
  return ASMGR_OK;
}

/* What is not offered stays NULL: the host takes it for "nothing to say". */
static const asmgr_policy policy = {
    .size = sizeof policy, .declare = declare, .begin = begin, .end = end, .review_tool = review_tool};

static asmgr_status create(const asmgr_create *args, asmgr_instance **out, asmgr_error *error) {
  (void)args;
  (void)error;
  *out = (asmgr_instance *)(void *)&the_instance;
  return ASMGR_OK;
}

static void destroy(asmgr_instance *instance) { (void)instance; }

static const void *get_interface(const char *id) { return strcmp(id, ASMGR_IFACE_POLICY) == 0 ? &policy : NULL; }

static const asmgr_component component = {
    .size = sizeof component,
    .kind = ASMGR_KIND_POLICY,
    .name = TEXT("no_tools"),
    .summary = TEXT("No tool may be called"),
    .config_schema = TEXT("{\"type\":\"object\",\"properties\":{},\"additionalProperties\":false}"),
    .create = create,
    .destroy = destroy,
    .get_interface = get_interface};

static const asmgr_plugin plugin = {.size = sizeof plugin,
                                    .abi_major = ASMGR_ABI_MAJOR,
                                    .abi_minor = ASMGR_TARGET_MINOR,
                                    .id = TEXT("org.example.no_tools"),
                                    .vendor = TEXT("Example"),
                                    .version = TEXT("1.0.0"),
                                    .license = TEXT("Apache-2.0"),
                                    .components = {&component, 1, sizeof component}};

ASMGR_EXPORT const asmgr_plugin *asmgr_plugin_entry_v1(void) { return &plugin; }
