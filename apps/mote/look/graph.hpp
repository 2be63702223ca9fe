#pragma once

#include <apps/mote/look/service_graph.hpp>
#include <apps/mote/terminal.hpp>

#include <string>

namespace mote::command {

// A graph in the forms that `mote graph` knows. The same graph is always the same text.

/// For a person: services with their endpoints, then streams.
std::string graph_text(const service_graph& graph, const terminal& reader);
/// A flowchart of Mermaid: services are boxes of endpoints, streams are cylinders.
std::string graph_mermaid(const service_graph& graph);
/// For Graphviz.
std::string graph_dot(const service_graph& graph);
/// One document: `services`, `streams`, `calls`.
std::string graph_json(const service_graph& graph);

/// `Orders 1.0.0, 2 instances`, printable.
std::string title_of(const std::string& name, const graph_service& service);
/// `a, b`, printable.
std::string joined_names(const std::set<std::string>& names);

}  // namespace mote::command
