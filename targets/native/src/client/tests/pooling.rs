//! What becomes of connections.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use super::*;

/// Answers every request with the number of its connection.
async fn counting() -> SocketAddr {
    server(|index, mut stream| async move {
        loop {
            read_request(&mut stream).await?;
            answer(&mut stream, &index.to_string()).await?;
        }
    })
    .await
}

#[test]
fn one_connection_serves_one_request_after_the_other() {
    on_a_lane(async {
        let (client, address) = (client(), counting().await);
        for _ in 0..20 {
            let response = client.send(post(format!("http://{address}/"), &["a", "b"])).await.unwrap();
            assert_eq!(text(response).await.unwrap(), "0");
        }
    });
}

#[test]
fn requests_at_one_time_have_connections_of_their_own_and_leave_them_to_later_ones() {
    on_a_lane(async {
        let (client, address) = (client(), counting().await);
        let url = format!("http://{address}/");
        for _ in 0..2 {
            let both = (client.send(get(&url)).await.unwrap(), client.send(get(&url)).await.unwrap());
            let mut numbers = [text(both.0).await.unwrap(), text(both.1).await.unwrap()];
            numbers.sort();
            assert_eq!(numbers, ["0", "1"]);
        }
    });
}

#[test]
fn a_streamed_answer_gives_its_connection_back_at_its_end() {
    on_a_lane(async {
        let address = server(|index, mut stream| async move {
            loop {
                read_request(&mut stream).await?;
                let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
                stream.write_all(format!("{head}1\r\n{index}\r\n").as_bytes()).await?;
                tokio::task::yield_now().await;
                stream.write_all(b"0\r\n\r\n").await?;
            }
        })
        .await;
        let client = client();
        for _ in 0..3 {
            assert_eq!(
                text(client.send(get(format!("http://{address}/"))).await.unwrap()).await.unwrap(),
                "0"
            );
        }
    });
}

#[test]
fn an_answer_without_a_body_gives_its_connection_back_at_once() {
    on_a_lane(async {
        let accepted = Rc::new(Cell::new(0));
        let counted = accepted.clone();
        let address = server(move |index, mut stream| {
            counted.set(index + 1);
            async move {
                loop {
                    read_request(&mut stream).await?;
                    stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await?;
                }
            }
        })
        .await;
        let client = client();
        let _held = client.send(get(format!("http://{address}/"))).await.unwrap();
        client.send(get(format!("http://{address}/"))).await.unwrap();
        assert_eq!(accepted.get(), 1);
    });
}

#[test]
fn a_connection_closed_at_rest_is_replaced() {
    on_a_lane(async {
        let address = server(|index, mut stream| async move {
            read_request(&mut stream).await?;
            answer(&mut stream, &index.to_string()).await
        })
        .await;
        let client = client();
        for expected in ["0", "1", "2"] {
            let response = client.send(get(format!("http://{address}/"))).await.unwrap();
            assert_eq!(text(response).await.unwrap(), expected);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
}

#[test]
fn the_request_goes_out_as_it_was_given() {
    on_a_lane(async {
        let requests = Rc::new(RefCell::new(Vec::new()));
        let seen = requests.clone();
        let address = server(move |_, mut stream| {
            let seen = seen.clone();
            async move {
                let request = read_request(&mut stream).await?;
                seen.borrow_mut().push(request);
                answer(&mut stream, "").await
            }
        })
        .await;
        let mut request = post(format!("http://{address}/v1/chat?a=b"), &["{\"model\":", "\"m\"", "}"]);
        request.headers_mut().insert("x-one", http::HeaderValue::from_static("1"));
        client().send(request).await.unwrap();
        assert_eq!(
            *requests.borrow(),
            [format!(
                "POST /v1/chat?a=b HTTP/1.1\r\nhost: {address}\r\nx-one: 1\r\ncontent-length: 13\r\n\r\n{{\"model\":\"m\"}}"
            )]
        );
    });
}

/// Resolves when the other end has closed.
async fn closed(stream: &mut TcpStream) {
    while stream.read(&mut [0; 64]).await.is_ok_and(|count| count > 0) {}
}

#[test]
fn dropping_the_future_or_the_body_cancels_the_upstream() {
    on_a_lane(async {
        let (cancelled, mut seen) = tokio::sync::mpsc::unbounded_channel();
        let address = server(move |index, mut stream| {
            let cancelled = cancelled.clone();
            async move {
                read_request(&mut stream).await?;
                if index == 1 {
                    stream
                        .write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n")
                        .await?;
                }
                closed(&mut stream).await;
                cancelled.send(index).map_err(io::Error::other)
            }
        })
        .await;
        let client = client();
        let unanswered = client.send(get(format!("http://{address}/")));
        assert!(tokio::time::timeout(Duration::from_millis(50), unanswered).await.is_err());
        assert_eq!(seen.recv().await, Some(0));
        let mut body = client.send(get(format!("http://{address}/"))).await.unwrap().into_body();
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "a");
        drop(body);
        assert_eq!(seen.recv().await, Some(1));
    });
}

#[test]
fn chunks_that_arrive_together_are_one_frame() {
    on_a_lane(async {
        let address = server(|_, mut stream| async move {
            read_request(&mut stream).await?;
            let chunks = "3\r\none\r\n3\r\ntwo\r\n5\r\nthree\r\n0\r\n\r\n";
            let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
            stream.write_all(format!("{head}{chunks}").as_bytes()).await
        })
        .await;
        let mut body = client().send(get(format!("http://{address}/"))).await.unwrap().into_body();
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "onetwothree");
        assert!(http_body::Body::is_end_stream(&body), "the end was among them");
    });
}
