"""Image-edit models on other people's machines, and on ours: one module for each API that is spoken.

`access` says where a service is and with which key, `transport` carries requests, and `openai`, `dify` and
`dashscope` are models (`localizer.engines.editor.EditModel`).
"""
