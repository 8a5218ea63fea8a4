// Names of things, each a type of its own so that they cannot be mixed up.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/hash.h"
#include "base/status.h"

namespace cordwood::core {

// A customer of one installation: header X-Scope-OrgID. Without --tenants there is one, "default" (Loki's clients call
// it "fake"; the name never leaves the server).
struct TenantId {
  std::string value;
  auto operator<=>(const TenantId&) const = default;
  static TenantId default_tenant() { return {"default"}; }
};
// Loki's rule: 1 to 150 bytes of [0-9A-Za-z!-_.*'()], not "." or "..". It becomes part of object names.
base::StatusOr<TenantId> parse_tenant_id(std::string_view text);

// XXH3-128 of the canonical text of the stream's labels: the same on every node.
struct StreamId {
  base::Hash128 value;
  auto operator<=>(const StreamId&) const = default;
};

// 128 random bits that an agent draws when it first sees a content of a file, kept through rename and compression.
struct GenerationId {
  base::Hash128 value;
  auto operator<=>(const GenerationId&) const = default;
};

// 128 random bits an agent draws for itself and keeps in its state directory.
struct AgentId {
  base::Hash128 value;
  auto operator<=>(const AgentId&) const = default;
};

// Drawn once for a data directory (or a shared catalog). When it changes, agents ask for marks.
struct InstallationId {
  base::Hash128 value;
  auto operator<=>(const InstallationId&) const = default;
};

// One content of one file on one host. `host` is the agent's host name; the tenant is part of the name.
struct SourceId {
  TenantId tenant;
  std::string host;
  GenerationId generation;
  auto operator<=>(const SourceId&) const = default;
};

}  // namespace cordwood::core
