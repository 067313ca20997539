"""Texts to annotate or correct, written for annotation tools to import.

A format is a module that writes an `AnnotationTask` as its tool imports it; `tool_formats.save` writes many. `page` is
a tool of our own, one HTML file that needs no server.

    tool           written                           gold entities    suggested entities
    Label Studio   a JSON list and NAME.labels.xml   annotation       prediction
    doccano        JSON Lines                        label            label; beside gold the field `suggested`
    Prodigy        JSON Lines                        spans            spans; beside gold the field `suggested`
    brat           a folder of .txt and .ann         entities         entities; beside gold left out
    page           one HTML file                     annotation       model, beside gold where they differ
"""
