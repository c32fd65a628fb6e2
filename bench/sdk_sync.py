"""The usual script: page the official SDK by number and write every user to SQLite."""

import json
import sqlite3
import sys

import PureCloudPlatformClientV2 as genesys

url, client_id, client_secret, path, page_size = sys.argv[1:]
genesys.configuration.host = url
client = genesys.api_client.ApiClient().get_client_credentials_token(client_id, client_secret)
users = genesys.UsersApi(client)
store = sqlite3.connect(path)
store.execute("CREATE TABLE user (id TEXT PRIMARY KEY, name TEXT, email TEXT, state TEXT, department TEXT, document TEXT)")
page = 1
while True:
    body = genesys.UserSearchRequest()
    body.page_size, body.page_number = int(page_size), page
    body.sort_by, body.sort_order = "id", "ASC"
    criterion = genesys.UserSearchCriteria()
    criterion.type, criterion.fields, criterion.values = "EXACT", ["state"], ["active", "inactive", "deleted"]
    body.query = [criterion]
    answer = users.post_users_search(body)
    rows = [
        (user.id, user.name, user.email, user.state, user.department, json.dumps(client.sanitize_for_serialization(user)))
        for user in answer.results
    ]
    store.executemany("INSERT OR REPLACE INTO user VALUES (?, ?, ?, ?, ?, ?)", rows)
    store.commit()
    if page >= answer.page_count:
        break
    page += 1
print(store.execute("SELECT count(*) FROM user").fetchone()[0])
