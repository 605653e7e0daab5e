"""The edit server: ``POST /v1/images/edits`` in front of an image-edit model on this or other machines.

`app` speaks HTTP and knows nothing of Ray or torch; `deployments` puts it on Ray Serve, one model a GPU.
"""
