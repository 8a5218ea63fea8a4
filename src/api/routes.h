// The endpoint groups, one .cc each. Each adds its routes to the router.
#pragma once

#include "api/router.h"

namespace cordwood::api {

void add_loki_push_routes(Router& router);      // loki_push.cc: POST /loki/api/v1/push, /api/prom/push
void add_loki_query_routes(Router& router);     // loki_query.cc: query, query_range
void add_loki_metadata_routes(Router& router);  // loki_metadata.cc: labels, values, series, index/stats
void add_loki_volume_routes(Router& router);    // loki_volume.cc: index/volume, index/volume_range
void add_loki_explore_routes(Router& router);   // loki_explore.cc: patterns, detected_labels, detected_fields
void add_loki_delete_routes(Router& router);    // loki_delete.cc: delete
void add_loki_legacy_routes(Router& router);    // loki_legacy.cc: /api/prom/{query,label}
void add_loki_tail_routes(Router& router);      // loki_tail.cc: tail
void add_loki_tool_routes(Router& router);      // loki_tools.cc: format_query, buildinfo, drilldown-limits
void add_native_push_routes(Router& router);    // native_push.cc: hello, sources, push
void add_native_query_routes(Router& router);   // native_query.cc: /api/v1/query
void add_fleet_routes(Router& router);          // fleet.cc: heartbeat, /api/v1/fleet, /api/v1/coverage
void add_admin_routes(Router& router);          // admin.cc: status, flush, compact, ready, metrics, config
void add_admin_store_routes(Router& router);    // admin_store.cc: parts, journal, verify, retention, deletions, backup
void add_home_routes(Router& router);           // home.cc: /, /ui/

}  // namespace cordwood::api
